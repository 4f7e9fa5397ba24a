// A photo over its result, with a slider between them.

import { button, make, pictureAddress } from "./dom.js";
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
  stage.addEventListener("pointerdown", (event) => { if (!full && event.button === 0) drag(event); });
  stage.addEventListener("pointermove", (event) => { if (stage.hasPointerCapture(event.pointerId)) drag(event); });
  stage.addEventListener("scroll", slide);
  draw();
  return root;

  function draw() {
    const size = full ? "full" : "1280";
    stage.className = `compare ${after ? ground : ""}${full ? " full" : ""}`;
    for (const [name, value] of Object.entries({ tabindex: "0", role: "group", "aria-label": t("scroll") })) { // it scrolls
      if (full) stage.setAttribute(name, value);
      else stage.removeAttribute(name);
    }
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
    made.addEventListener("error", () => { made.replaceWith(make("p", { class: "instead" }, `${alt}: ${t("noPicture")}`)); alone(); }, { once: true });
    made.addEventListener("load", () => { if (full) { fit(); slide(); } });
    made.draggable = false; // or a drag would take the picture away, and not move the slider
    return made;
  }

  // One of the two cannot be shown, so the other is shown whole.
  function alone() {
    stage.querySelector(".handle")?.remove();
    slider.hidden = true;
    slider.value = 100;
    slide();
  }

  function drag(event) {
    if (slider.hidden) return;
    const box = stage.getBoundingClientRect();
    stage.setPointerCapture(event.pointerId);
    slider.value = (100 * (event.clientX - box.left)) / box.width;
    slider.oninput();
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

  // At 100 % the slider stands for the part that is in sight, and not for all that can be scrolled to.
  function slide() {
    const seen = Math.min(stage.clientWidth, stage.querySelector(".before")?.offsetWidth || 0);
    stage.style.setProperty("--at", full && !slider.hidden ? `${stage.scrollLeft + (seen * slider.value) / 100}px` : `${slider.value}%`);
  }

  function tools() {
    slider.oninput = () => { at = slider.value; slide(); };
    const tool = (word, pressed, does) => button(
      t(word),
      () => { does(); draw(); root.querySelector(`[data-tool="${word}"]`).focus(); },
      { "aria-pressed": String(pressed), "data-tool": word },
    );
    return make(
      "div", { class: "tools" },
      ...(after ? GROUNDS.map((each) => tool(each, ground === each, () => { ground = each; })) : []),
      tool("full", full, () => { full = !full; }),
    );
  }
}
