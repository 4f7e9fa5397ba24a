// What may be asked of a capability: only what is valid together can be chosen.

import { $, make } from "./dom.js";
import { said, t } from "./words.js";

let settings = null;
let changed = () => {};
const values = new Map();
const presets = new Set();

export function start(onchange) {
  changed = onchange;
  $("capability").addEventListener("change", () => { values.clear(); drawOptions(); changed(); });
  $("own-folder").addEventListener("input", () => changed());
}

export function use(found) {
  settings = found;
}

const row = () => settings.capabilities.find((each) => each.name === $("capability").value);

export function chosen() {
  return {
    capability: $("capability").value,
    options: Object.fromEntries([...values].filter(([, value]) => value)),
    listings: listable() ? [...presets] : [],
    folder: $("own-folder").value.trim(),
  };
}

export function draw() {
  if (!settings) return;
  const before = $("capability").value || "general/common";
  const groups = new Map();
  for (const each of settings.capabilities) {
    const group = each.name.split("/")[0];
    const title = said(each.title);
    const text = `${each.name} ${each.name.endsWith(title.replaceAll(" ", "-")) ? "" : title}${each.set_up ? "" : ` (${t("notSetUp")})`}`;
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push(make("option", { value: each.name, selected: each.name === before, disabled: !each.set_up }, text.trim()));
  }
  $("capability").replaceChildren(...[...groups].map(([group, options]) => make("optgroup", { label: group }, ...options)));
  drawOptions();
}

function drawOptions() {
  const focused = document.activeElement?.id;
  $("options").replaceChildren(...row().options.map(field));
  if (focused?.startsWith("option-")) $(focused)?.focus();
  const { companion } = row();
  $("companion").hidden = !companion;
  if (companion) $("companion").textContent = t("companion", companion);
  drawListings();
}

function field(option) {
  const id = `option-${option.name}`;
  if (option.kind === "areas") return make("p", { class: "soft" }, t("areas", option));
  const set = (value) => { values.set(option.name, value); drawOptions(); changed(); };
  if (option.kind === "colour") {
    const [other, needed] = option.only_with;
    const off = values.get(other) !== needed;
    if (off) values.delete(option.name);
    const input = make("input", { id, value: values.get(option.name) || "", placeholder: "RRGGBB", pattern: "[0-9A-Fa-f]{6}", maxlength: "6", disabled: off, autocomplete: "off" });
    input.addEventListener("change", () => set(input.value));
    return make("label", {}, make("span", {}, option.name), input);
  }
  if (option.kind === "some") {
    const have = new Set((values.get(option.name) || "").split("+").filter(Boolean));
    const boxes = option.values.map((value) => {
      const box = make("input", { type: "checkbox", id: `${id}-${value}` });
      box.checked = have.has(value);
      box.addEventListener("change", () => { if (box.checked) have.add(value); else have.delete(value); set([...have].join("+")); });
      return make("label", { class: "row" }, box, value);
    });
    return make("fieldset", {}, make("legend", {}, option.name), ...boxes);
  }
  const select = make("select", { id }, make("option", { value: "" }, t("unset")), ...option.values.map((value) => make("option", { value, selected: values.get(option.name) === value }, value)));
  select.addEventListener("change", () => set(select.value));
  return make("label", {}, make("span", {}, option.name), select);
}

// Whether listing pictures can be made of what the capability returns with these options.
function listable() {
  return row().listable && row().options.every((option) => !(values.get(option.name) || "").split("+").some((value) => (option.unlistable || []).includes(value)));
}

function drawListings() {
  const can = listable();
  const boxes = settings.presets.map((preset) => {
    const box = make("input", { type: "checkbox", id: `preset-${preset.name}`, disabled: !can });
    box.checked = can && presets.has(preset.name);
    box.addEventListener("change", () => { if (box.checked) presets.add(preset.name); else presets.delete(preset.name); count(); changed(); });
    const size = preset.size ? ` ${preset.size.join(" × ")}` : "";
    return make("label", {}, box, make("span", {}, `${preset.name}${size}: ${said(preset.title)}`));
  });
  const legend = make("legend", { class: "hidden" }, t("listings"));
  $("listings").replaceChildren(legend, ...boxes);
  count();
}

function count() {
  $("listings-count").textContent = listable() ? (presets.size ? t("selectedCount", { count: presets.size }) : "") : t("notListable");
}
