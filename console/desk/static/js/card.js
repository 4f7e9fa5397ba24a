// One photo in the grid.

import { make, picture } from "./dom.js";
import * as list from "./list.js";
import { t } from "./words.js";

export const stageWord = (card) => (card.status ? t(`stage_${card.status}`) : t(card.stage));

// The picture that stands for a photo: its result, or else itself.
export const shownKey = (card) => card.outputs[0]?.key || card.source;

export function element(card, { onopen, onpick }) {
  const thumb = make("span", { class: `thumb ${card.outputs.length ? "checker" : ""}` });
  thumb.append(picture(shownKey(card), "320", "", t("noPicture"), card.finished_at || card.stage));
  const name = make("span", { class: "name", title: card.source }, card.name);
  const facts = make("span", { class: "facts" }, make("span", { class: `stage ${card.stage}` }, stageWord(card)));
  if (card.verdict === "look") facts.append(make("span", { class: "stage look" }, t("stage_look")));
  const open = make(
    "button",
    { type: "button", class: "open", onclick: () => onopen(card.source) },
    thumb, name, facts,
  );
  const box = make("input", { type: "checkbox", "aria-label": t("pick", { name: card.name }), tabindex: "-1", onclick: (event) => onpick(card.source, event.shiftKey) });
  box.checked = list.selected.has(card.source);
  const item = make("li", { class: `card${box.checked ? " chosen" : ""}` }, open, make("label", { class: "pick" }, box));
  item.dataset.source = card.source;
  return item;
}
