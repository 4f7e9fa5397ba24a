// One photo, large: before and after, its listing pictures, why it is not served, and what can be done.

import * as actions from "./actions.js";
import * as api from "./api.js";
import { stageWord } from "./card.js";
import { compare } from "./compare.js";
import { $, button, make, moment, number, picture, toast } from "./dom.js";
import * as list from "./list.js";
import { said, t } from "./words.js";

let source = null;
let shown = 0;
let drawn = ""; // what is shown: it is drawn anew only when that changes, as somebody may be holding the slider

export const isOpen = () => $("detail").open;

export async function open(which) {
  source = which;
  shown = 0;
  draw(list.cards.get(which));
  if (!isOpen()) $("detail").showModal();
  try {
    const card = await api.photo(which); // with what its job says, which the list does not tell
    if (source === which) draw(card);
  } catch (error) {
    toast(error.message);
  }
}

export function refresh(which) {
  if (isOpen() && which === source) draw(list.cards.get(which));
}

export async function step(by) {
  if (by > 0 && !list.neighbour(source, by)) await list.more().catch((error) => toast(error.message));
  const next = list.neighbour(source, by);
  if (next) open(next);
}

export function start() {
  $("detail").addEventListener("close", () => {
    (document.querySelector(`[data-source="${CSS.escape(source)}"] .open`) || $("photos")).focus();
    source = null;
    drawn = "";
  });
  $("detail").addEventListener("click", (event) => { if (event.target === $("detail")) $("detail").close(); });
}

function draw(card) {
  const wanted = JSON.stringify([card, shown, document.documentElement.lang]);
  if (!card || wanted === drawn) return;
  drawn = wanted;
  const focused = document.activeElement?.dataset?.part;
  $("detail").replaceChildren(head(card), make("div", { class: "content" }, pictures(card), side(card)));
  if (focused) $("detail").querySelector(`[data-part="${focused}"]`)?.focus();
}

const part = (word, does, attributes = {}) => button(t(word), does, { ...attributes, "data-part": word });

function head(card) {
  return make(
    "header", {},
    make("h2", { id: "detail-title" }, card.name),
    make(
      "div", { class: "row" },
      part("previous", () => step(-1), { disabled: !list.neighbour(source, -1) }),
      part("next", () => step(1), { disabled: !list.neighbour(source, 1) && !list.hasMore() }),
      part("close", () => $("detail").close()),
    ),
  );
}

// What was made of the photo: {key, what, facts}; without a key, why not.
function made(card) {
  const results = card.outputs.map((each) => ({ key: each.key, what: `${t("result")} ${each.label}`.trim(), facts: kilobytes(each.bytes) }));
  const listings = card.listings.map((each) => ({
    key: each.key,
    what: each.preset,
    facts: each.key ? `${each.width} × ${each.height}, ${kilobytes(each.bytes)}` : said(each.message),
    alone: true,
  }));
  return [...results, ...listings];
}

const kilobytes = (bytes) => `${number(bytes / 1000)} kB`;

function pictures(card) {
  const all = made(card);
  const one = all[shown]?.key ? all[shown] : all.find((each) => each.key) || null;
  const left = make("div", {}, compare(card.name, one?.alone ? null : card.source, one, card.finished_at || card.stage));
  if (!one && !card.status) left.append(make("p", { class: "soft" }, t("notYet")));
  if (all.length > 1 || all.some((each) => !each.key)) {
    left.append(make("div", { class: "strip" }, ...all.map((each, place) => make(
      ...(each.key
        ? ["button", { type: "button", "aria-pressed": String(each === one), onclick: () => { shown = place; draw(card); }, "data-part": `strip${place}` }]
        : ["div", {}]),
      each.key ? picture(each.key, "320", "", t("noPicture"), card.finished_at) : make("span", { class: "none" }, "–"),
      make("span", {}, each.what),
      make("span", { class: "soft" }, each.facts),
    ))));
  }
  return left;
}

function side(card) {
  const facts = [
    ["key", card.source],
    ["capability", card.capability],
    ["options", Object.entries(card.options).map(([name, value]) => `${name}=${value}`).join(", ")],
    ["code", card.code],
    ["cost", card.attempts ? (card.price_yuan === null ? String(card.attempts) : t("costs", { attempts: card.attempts, yuan: card.price_yuan })) : ""],
    ["finished", moment(card.finished_at)],
    ["request", card.request_id],
  ].filter(([, value]) => value);
  const text = said(card.message);
  return make(
    "div", { class: "side" },
    make("p", { class: "row" }, make("span", { class: `stage ${card.stage}` }, stageWord(card)), card.verdict === "look" ? make("span", { class: "stage look" }, t("stage_look")) : null),
    text ? make("p", { class: card.status === "done" ? "message look" : "message" }, text) : null,
    ...card.reasons.map((reason) => make("p", { class: "message look" }, said(reason))),
    make(
      "div", { class: "row" },
      card.outputs.length ? part("download", () => actions.download([card.source])) : null,
      card.status ? part("redo", () => actions.redo([card.source])) : null,
      part("forget", async () => { const which = card.source; await actions.forget([which]); if (!list.cards.has(which)) $("detail").close(); }, { class: "danger" }),
    ),
    make("dl", {}, ...facts.map(([name, value]) => make("div", {}, make("dt", {}, t(name)), make("dd", {}, value)))),
  );
}
