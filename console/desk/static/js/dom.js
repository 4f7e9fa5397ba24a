// Elements, made without markup: whatever a photo is called, it is text.

export const $ = (id) => document.getElementById(id);

// `make("button", { type: "button", class: "x", onclick: f, "aria-pressed": "true" }, "text", child)`
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const pictureAddress = (key, size, version = "") =>
  `/api/picture?${new URLSearchParams({ key, size, v: version })}`;

// A picture of the bucket; a word where there is none that a browser shows.
export function picture(key, size, alt, instead, version) {
  const image = make("img", { src: pictureAddress(key, size, version), alt, loading: "lazy", decoding: "async" });
  image.addEventListener("error", () => image.replaceWith(make("span", { class: "none" }, instead)), { once: true });
  return image;
}

export const number = (value, digits = 0) =>
  value.toLocaleString(document.documentElement.lang, { minimumFractionDigits: digits, maximumFractionDigits: digits });

export function moment(iso) {
  return iso ? new Date(iso).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "medium" }) : "";
}

let hiding;
export function toast(text) {
  const box = $("toast");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { box.hidden = true; }, 8000);
}
