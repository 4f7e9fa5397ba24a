// A photo over its result, with a slider between them.

import { make, pictureAddress } from "./dom.js";
import { t } from "./words.js";

const GROUNDS = ["checker", "white", "black"];
let ground = "checker";
let full = false;
let at = 50;

// `after` is {key, what}, or null when there is no result; `before` the photo's key.
export function compare(name, before, after, version) {
  const stage = make("div", { class: "compare" });
  const slider = make("input", { type: "range", min: "0", max: "100", "aria-label": t("slider") });
  const root = make("div", {}, stage, slider);
  draw();
  return root;

  function draw() {
    const size = full ? "full" : "1280";
    stage.className = `compare ${after ? ground : ""}${full ? " full" : ""}`;
    stage.replaceChildren();
    if (after) stage.append(image(after.key, size, t("alt", { what: after.what, name })));
    if (before) {
      const photo = image(before, size, t("alt", { what: t("photo"), name }));
      photo.classList.add("before");
      stage.append(photo);
    }
    const both = Boolean(before && after);
    if (both) stage.append(make("span", { class: "handle" }));
    slider.hidden = !both;
    slider.value = both ? at : 100;
    slide();
    root.querySelector(".tools")?.remove();
    root.append(tools());
  }

  function image(key, size, alt) {
    const made = make("img", { src: pictureAddress(key, size, version), alt, decoding: "async" });
    made.addEventListener("error", () => made.replaceWith(make("p", { class: "instead" }, `${alt}: ${t("noPicture")}`)), { once: true });
    made.addEventListener("load", () => { if (full) fit(); });
    return made;
  }

  // At 100 % both are as large as the larger of the two, in pixels of the screen: a result may be smaller than its photo.
  function fit() {
    const images = [...stage.querySelectorAll("img")].filter((each) => each.naturalWidth);
    const largest = images.reduce((most, each) => (each.naturalWidth > most.naturalWidth ? each : most), images[0]);
    for (const each of images) {
      const alike = Math.abs(each.naturalWidth / each.naturalHeight - largest.naturalWidth / largest.naturalHeight) < 0.02;
      const model = alike ? largest : each;
      each.width = model.naturalWidth / devicePixelRatio;
      each.height = model.naturalHeight / devicePixelRatio;
    }
  }

  function slide() {
    stage.style.setProperty("--at", `${slider.value}%`);
  }

  function tools() {
    slider.oninput = () => { at = slider.value; slide(); };
    const button = (word, pressed, does) =>
      make("button", { type: "button", "aria-pressed": String(pressed), onclick: () => { does(); const place = document.activeElement?.dataset?.tool; draw(); root.querySelector(`[data-tool="${place}"]`)?.focus(); }, "data-tool": word }, t(word));
    return make(
      "div", { class: "tools" },
      ...(after ? GROUNDS.map((each) => button(each, ground === each, () => { ground = each; })) : []),
      button("full", full, () => { full = !full; }),
    );
  }
}
