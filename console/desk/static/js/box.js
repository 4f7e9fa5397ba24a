// A cloud in a box, beside the desk: its faults, what its vendors would have billed, its clock.

import * as api from "./api.js";
import { $, make, toast } from "./dom.js";
import { said, t } from "./words.js";

let state = null;

export function start() {
  $("box").hidden = false;
  $("box").addEventListener("toggle", () => { if ($("box").open) load(); });
  setInterval(() => { if ($("box").open && !document.hidden) load(); }, 3000);
}

async function load() {
  try {
    state = await api.box();
    draw();
  } catch (error) {
    toast(error.message);
  }
}

export function draw() {
  if (!state) return;
  const focused = document.activeElement?.id;
  const faults = state.faults.map((fault) => {
    const box = make("input", { type: "checkbox", id: `fault-${fault.name}` });
    box.checked = fault.on;
    box.addEventListener("change", () => api.turn(fault.name, box.checked).then((found) => { state = found; draw(); }, (error) => toast(error.message)));
    return make("label", {}, box, said(fault.title));
  });
  const billed = Object.entries(state.billed).map(([action, count]) => make("li", {}, `${count} × ${action}`));
  const ledger = state.ledger.map((each) => make("li", {}, `${each.action} ${each.key}`));
  $("box-content").replaceChildren(
    make("div", {}, make("h3", {}, t("faults")), ...faults),
    make("div", {}, make("h3", {}, t("ledger")), make("ul", {}, ...billed), billed.length ? make("ol", { tabindex: "0", "aria-label": t("ledger") }, ...ledger) : t("none")),
    make("p", { class: "soft" }, t("clock", { time: new Date(state.clock).toLocaleTimeString(document.documentElement.lang) })),
  );
  if (focused) $(focused)?.focus();
}
