// Elements, made without markup: whatever a photo is called, it is text.

export const $ = (id) => document.getElementById(id);

// Unicode's controls of direction (UAX #9, 2.1 to 2.3) would show "gpj.exe" as "exe.jpg": a sign stands for each.
const DIRECTIONS = /[\u202a-\u202e\u2066-\u2069]/g;
const plain = (child) => (typeof child === "string" ? child.replace(DIRECTIONS, "\ufffd") : child);

// `make("button", { type: "button", class: "x", onclick: f, "aria-pressed": "true" }, "text", child)`
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else element.setAttribute(name, value === true ? "" : name === "title" ? plain(value) : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false).map(plain));
  return element;
}

export const button = (text, does, attributes = {}) => make("button", { type: "button", onclick: does, ...attributes }, text);

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

// To the hundredth, or as exactly as the price of one call is said.
export const money = (yuan) => yuan.toLocaleString(document.documentElement.lang, { minimumFractionDigits: 2, maximumFractionDigits: 4 });

export function moment(iso) {
  return iso ? new Date(iso).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "medium" }) : "";
}

// What fails is said, and nothing else is made of it.
export const quietly = (promise) => promise.catch((error) => toast(error.message));

let hiding;
export function toast(text) {
  const box = $("toast");
  box.textContent = plain(text);
  box.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { box.hidden = true; }, 8000);
}
