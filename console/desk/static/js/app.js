// Puts the page together.

import * as api from "./api.js";
import * as box from "./box.js";
import * as detail from "./detail.js";
import { $, toast } from "./dom.js";
import * as filters from "./filters.js";
import * as grid from "./grid.js";
import * as keyboard from "./keyboard.js";
import * as list from "./list.js";
import * as live from "./live.js";
import * as options from "./options.js";
import * as theme from "./theme.js";
import * as upload from "./upload.js";
import { current, switchLanguage, t, use } from "./words.js";

function draw() {
  $("language").textContent = t("language");
  $("language").lang = current() === "zh" ? "en" : "zh-CN";
  for (const part of [theme, upload, filters, grid, live, box]) part.draw();
}

async function start() {
  const settings = await api.settings();
  use(localStorage.getItem("language") || settings.language);
  $("bucket").textContent = `· ${settings.bucket}`;
  document.title = `${settings.bucket} · oss-cutout`;
  options.use(settings);
  for (const part of [theme, upload, grid, detail, keyboard]) part.start();
  filters.start(settings);
  if (settings.is_box) box.start();
  $("language").addEventListener("click", () => { switchLanguage(); draw(); });
  draw();
  live.start();
}

start().catch((error) => toast(error.message));
