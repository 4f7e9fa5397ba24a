// Light, dark, or as the system has it.

import { $ } from "./dom.js";
import { t } from "./words.js";

const THEMES = { auto: "themeAuto", light: "themeLight", dark: "themeDark" };
let theme = localStorage.getItem("theme") || "auto";

export function start() {
  $("theme").addEventListener("click", () => {
    const names = Object.keys(THEMES);
    theme = names[(names.indexOf(theme) + 1) % names.length];
    localStorage.setItem("theme", theme);
    draw();
  });
}

export function draw() {
  if (!(theme in THEMES)) theme = "auto";
  document.documentElement.dataset.theme = theme;
  $("theme").textContent = t(THEMES[theme]);
}
