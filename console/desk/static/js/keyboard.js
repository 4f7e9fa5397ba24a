// Keys, for those who look at many photos.

import * as detail from "./detail.js";
import { $, make } from "./dom.js";
import * as grid from "./grid.js";
import { t } from "./words.js";

const KEYS = [["← → ↑ ↓", "helpArrows"], ["Enter", "helpEnter"], ["x", "helpX"], ["/", "helpSlash"], ["Esc", "helpEscape"], ["?", "helpQuestion"]];
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function start() {
  $("help-button").addEventListener("click", help);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || writes(event.target)) return;
    if (detail.isOpen()) {
      if (event.target.type !== "range" && !event.target.matches(".compare") && event.key in MOVES && MOVES[event.key][0]) detail.step(MOVES[event.key][0]);
      return;
    }
    if (document.querySelector("dialog[open]")) return;
    const inGrid = $("photos").contains(event.target);
    if (event.key in MOVES && inGrid) grid.move(...MOVES[event.key]);
    else if (event.key === "x" && inGrid) grid.pick(event.target.closest("li").dataset.source);
    else if (event.key === "/") $("search").focus();
    else if (event.key === "?") help();
    else return;
    event.preventDefault();
  });
}

const writes = (target) => target.matches("input:not([type=checkbox], [type=range]), select, textarea");

function help() {
  const rows = KEYS.flatMap(([key, word]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, t(word))]);
  $("help").replaceChildren(
    make("h2", { id: "help-title" }, t("help")),
    make("dl", {}, ...rows),
    make("form", { method: "dialog" }, make("button", {}, t("close"))),
  );
  $("help").showModal();
}
