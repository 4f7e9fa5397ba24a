// The grid of photos, its filters, and what is done with many at once.

import * as actions from "./actions.js";
import * as card from "./card.js";
import * as detail from "./detail.js";
import { $, button, make, number, quietly } from "./dom.js";
import * as list from "./list.js";
import { t } from "./words.js";

const WHATS = ["all", "cutouts", "listings"];
const elements = new Map();
let ending = null;
let told = ""; // of the selection
let picked = null; // the last one: with Shift, all from there are selected

export function start() {
  list.listen(hear);
  ending = new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && quietly(list.more()), { rootMargin: "800px" });
}

// In the language that is shown now.
export function draw() {
  $("filters").setAttribute("aria-label", t("photos"));
  all();
}

function hear(what, source) {
  if (what === "card" || what === "new") one(source);
  else if (what === "gone") { elements.get(source)?.remove(); elements.delete(source); }
  else if (what === "all") all();
  else if (what === "more") append();
  if (what !== "card") chips();
  if (what === "all" || what === "more") lookForEnd();
  selection();
}

// Anew after each page, since an observer tells of changes only: the end may still be in sight.
function lookForEnd() {
  ending.unobserve($("more"));
  ending.observe($("more"));
}

const built = (each) => card.element(each, { onopen: detail.open, onpick: pick });

function one(source) {
  const made = built(list.cards.get(source));
  const before = elements.get(source);
  const focused = before?.contains(document.activeElement);
  if (before) before.replaceWith(made);
  else $("photos").insertBefore(made, elements.get(list.neighbour(source, 1)) || null);
  elements.set(source, made);
  if (focused) made.querySelector(".open").focus();
  detail.refresh(source);
}

function all() {
  const focused = document.activeElement?.closest?.(".card")?.dataset.source;
  elements.clear();
  const made = [...list.cards.values()].map((each) => { const item = built(each); elements.set(each.source, item); return item; });
  $("photos").replaceChildren(...made);
  elements.get(focused)?.querySelector(".open").focus();
  chips();
  selection();
}

function append() {
  for (const [source, each] of list.cards) {
    if (elements.has(source)) continue;
    const item = built(each);
    elements.set(source, item);
    $("photos").append(item);
  }
}

function chips() {
  const focused = document.activeElement?.dataset?.filter;
  $("filters").replaceChildren(
    ...list.filters.map((name) => {
      const count = name === "all" ? null : list.counts[name] ?? 0;
      const chip = make(
        "button",
        { type: "button", "aria-pressed": String(list.asked.filter === name), onclick: () => { quietly(list.ask({ filter: name })); } },
        t(name), count === null ? null : make("span", { class: "count" }, number(count)),
      );
      chip.dataset.filter = name;
      return chip;
    }),
  );
  if (focused) $("filters").querySelector(`[data-filter="${focused}"]`)?.focus();
  const none = !list.cards.size;
  $("nothing").hidden = !none;
  $("nothing").textContent = none ? t(list.isAll() ? "noPhotos" : "noneFound") : "";
  $("more").textContent = none ? "" : t("shown", { shown: number(list.cards.size), total: number(Math.max(list.total, list.cards.size)) });
}

export function pick(source, through = false) {
  const chosen = !list.selected.has(source);
  const sources = through ? list.between(picked, source) : [source];
  for (const each of sources) {
    if (chosen) list.selected.add(each);
    else list.selected.delete(each);
  }
  picked = source;
  mark(sources);
}

// Shows which of these are selected.
function mark(sources) {
  for (const source of sources) {
    const item = elements.get(source);
    if (item) item.querySelector(".pick input").checked = item.classList.toggle("chosen", list.selected.has(source));
  }
  selection();
}

function selection() {
  const count = list.selected.size;
  const wanted = `${count} ${document.documentElement.lang}`;
  if (wanted === told) return; // somebody may have the focus on a button
  told = wanted;
  $("selection").hidden = !count;
  const sources = () => [...list.selected];
  const clear = () => { list.selected.clear(); mark(elements.keys()); $("photos").focus(); };
  $("selection").replaceChildren(
    make("strong", { role: "status" }, t("selected", { count })),
    button(t("download"), () => actions.download(sources(), $("what").value)),
    make("select", { id: "what", "aria-label": t("what") }, ...WHATS.map((each) => make("option", { value: each }, t(`what_${each}`)))),
    button(t("redo"), () => actions.redo(sources())),
    button(t("forget"), () => actions.forget(sources()), { class: "danger" }),
    button(t("selectShown"), () => { for (const source of list.cards.keys()) list.selected.add(source); mark(elements.keys()); }),
    button(t("clear"), clear),
  );
  $("selection").setAttribute("aria-label", t("selected", { count }));
}

// From the photo that has the focus, so many places on; how many are in a row is seen from where they are.
export function move(horizontal, vertical) {
  const items = [...$("photos").children];
  const at = items.findIndex((item) => item.contains(document.activeElement));
  if (at < 0) return items[0]?.querySelector(".open").focus();
  const row = items.findIndex((item) => item.offsetTop > items[0].offsetTop);
  const next = items[at + horizontal + vertical * (row < 0 ? items.length : row)];
  next?.querySelector(".open").focus();
  next?.scrollIntoView({ block: "nearest" });
}
