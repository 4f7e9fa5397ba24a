// Which photos are shown, beside their stage: by a text, a capability and a time; and in which order.

import { $, make, quietly } from "./dom.js";
import * as list from "./list.js";
import { t } from "./words.js";

const TIMES = { "": "anyTime", "1d": "lastDay", "7d": "lastWeek", "30d": "lastMonth" }; // so long ago, as the server reads it
const ORDERS = { new: "orderNew", old: "orderOld", name: "orderName" };
let capabilities = [];

export function start(settings) {
  capabilities = settings.capabilities.map((each) => each.name);
  let typing;
  $("search").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => { quietly(list.ask({ q: $("search").value.trim() })); }, 250);
  });
  for (const [id, name] of [["of-capability", "capability"], ["since", "since"], ["order", "order"]]) {
    $(id).addEventListener("change", () => { quietly(list.ask({ [name]: $(id).value })); });
  }
}

export function draw() {
  const worded = (words) => Object.entries(words).map(([value, word]) => [value, t(word)]);
  fill("of-capability", list.asked.capability, [["", t("anyCapability")], ...capabilities.map((name) => [name, name])]);
  fill("since", list.asked.since, worded(TIMES));
  fill("order", list.asked.order, worded(ORDERS));
  $("search").placeholder = t("search");
}

function fill(id, chosen, rows) {
  $(id).replaceChildren(...rows.map(([value, text]) => make("option", { value, selected: value === chosen }, text)));
}
