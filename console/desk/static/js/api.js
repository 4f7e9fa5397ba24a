// What the desk's server is asked. Errors carry its own sentence.

import { said, t } from "./words.js";

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error(t("lost"));
  }
  if (answer.ok) return answer.json();
  const { message } = await answer.json().catch(() => ({}));
  throw new Error(said(message) || String(answer.status));
}

const post = (path, body, signal) =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal });

export const settings = () => ask("/api/settings");
export const status = () => ask("/api/status");
export const photos = (asked, signal) => ask(`/api/photos?${new URLSearchParams(asked)}`, { signal });
export const photo = (source) => ask(`/api/photo?${new URLSearchParams({ source })}`);
export const check = (asked, signal) => post("/api/check", asked, signal);
export const send = (prefix, name, file, signal) =>
  ask(`/api/upload?${new URLSearchParams({ prefix, name })}`, { method: "PUT", body: file, signal });
export const redo = (sources, confirm) => post("/api/redo", { sources, confirm });
export const forget = (sources, confirm) => post("/api/forget", { sources, confirm });
export const box = () => ask("/api/box");
export const turn = (fault, on) => post("/api/box", { fault, on });

// The browser downloads it: a form, since a program would have to hold it in memory.
export function zip(sources, what) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = "/api/zip";
  for (const [name, value] of [["what", what], ...sources.map((source) => ["source", source])]) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
  form.remove();
}
