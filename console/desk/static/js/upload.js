// Photos on their way into the bucket: what is to be made of them, what that costs, and how far they are.

import * as api from "./api.js";
import * as files from "./files.js";
import { $, make, money, number, toast } from "./dom.js";
import * as options from "./options.js";
import { said, t } from "./words.js";

const AT_ONCE = 4;
const CHECKED_AT_ONCE = 10_000; // files: the server takes so many, and lists the folder once for them
const HEAD = 192; // bytes by which the server tells a picture from another file
let waiting = [];
let unsent = []; // what the bucket did not take: {file, text}
let plan = null;
let checking = null;
let sending = null;

export function start() {
  options.start(check);
  for (const id of ["files", "folder"]) {
    $(id).addEventListener("change", () => { take(files.chosen($(id))); $(id).value = ""; });
  }
  const zone = $("drop");
  for (const kind of ["dragenter", "dragover"]) {
    document.addEventListener(kind, (event) => { event.preventDefault(); zone.classList.add("over"); });
  }
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) zone.classList.remove("over"); });
  document.addEventListener("drop", async (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    take(await files.dropped(event.dataTransfer).catch((error) => { toast(error.message); return []; }));
  });
  $("upload").addEventListener("submit", (event) => { event.preventDefault(); send(); });
  $("stop").addEventListener("click", () => sending?.abort());
  window.addEventListener("beforeunload", (event) => { if (sending) event.preventDefault(); });
}

export function draw() {
  options.draw();
  show();
}

function take(found) {
  if (!found.length) return;
  waiting = found;
  if (!sending) {
    unsent = [];
    $("sent").textContent = "";
  }
  check();
}

let later;
function check() {
  clearTimeout(later);
  later = setTimeout(checkNow, 150);
}

async function checkNow() {
  checking?.abort();
  checking = new AbortController();
  plan = null;
  show();
  try {
    plan = await checked(options.chosen(), waiting, checking.signal);
    show();
  } catch (error) {
    if (error.name !== "AbortError") show(error.message);
  }
}

async function checked(asked, all, signal) {
  const counts = new Map();
  for (const { name } of all) counts.set(name, (counts.get(name) || 0) + 1);
  const once = await Promise.all(all.filter(({ name }) => counts.get(name) === 1).map(described));
  const first = await api.check({ ...asked, files: once.slice(0, CHECKED_AT_ONCE) }, signal);
  for (let at = CHECKED_AT_ONCE; at < once.length; at += CHECKED_AT_ONCE) {
    const more = await api.check({ ...asked, files: once.slice(at, at + CHECKED_AT_ONCE) }, signal);
    first.count += more.count;
    first.there += more.there;
    first.price_yuan = first.price_yuan === null ? null : first.price_yuan + more.price_yuan;
    first.problems.push(...more.problems);
    first.companions.push(...more.companions);
  }
  first.problems = first.problems.map(({ file, message }) => ({ file, text: said(message) }));
  for (const [name, count] of counts) if (count > 1) first.problems.push({ file: name, text: t("sameName", { count }) });
  return first;
}

async function described(found) {
  const { name, file } = found;
  found.head ??= await file.slice(0, HEAD).arrayBuffer().catch(() => new ArrayBuffer(0)); // it may be gone
  return { name, bytes: file.size, head: btoa(String.fromCharCode(...new Uint8Array(found.head))) };
}

function show(refusal = "") {
  const bytes = waiting.reduce((sum, { file }) => sum + file.size, 0);
  $("chosen").textContent = waiting.length ? t("chosen", { count: number(waiting.length), megabytes: number(bytes / 1e6, 1) }) : "";
  const word = plan?.price_yuan === null ? "priceUnknown" : "price";
  const price = plan && waiting.length ? t(word, { count: number(plan.count), yuan: money(plan.price_yuan || 0) }) : "";
  const there = plan?.there && waiting.length ? ` · ${t("thereAlready", { count: number(plan.there) })}` : "";
  $("price").textContent = refusal || price + there;
  const problems = [...unsent, ...((waiting.length && plan?.problems) || [])];
  $("problems").hidden = !problems.length;
  $("problems").replaceChildren(...problems.slice(0, 100).map(({ file, text }) => make("li", {}, `${file}: ${text}`)));
  $("upload").classList.toggle("begun", Boolean(waiting.length || $("sent").textContent));
  $("send").disabled = !(plan?.count || plan?.there) || Boolean(sending);
}

async function send() {
  const refused = new Set(plan.problems.map((each) => each.file));
  const wanted = waiting.filter(({ name }) => !refused.has(name));
  const companions = new Set(plan.companions);
  const sent = new Set();
  const { prefix } = plan;
  const mine = waiting; // others may be dropped meanwhile
  unsent = [];
  let there = 0;
  sending = new AbortController();
  busy(true);
  const progress = () => {
    $("progress").value = (sent.size + unsent.length) / wanted.length;
    $("sent").textContent = t("sent", { sent: number(sent.size), all: number(wanted.length) });
  };
  progress();
  const worker = async (queue) => {
    for (let next = queue.shift(); next && !sending.signal.aborted; next = queue.shift()) {
      try {
        const answer = await api.send(prefix, next.name, next.file, sending.signal);
        sent.add(next);
        there += answer.skipped;
      } catch (error) {
        if (error.name === "AbortError") return;
        unsent.push({ file: next.name, text: error.message });
        show();
      }
      progress();
    }
  };
  for (const isFirst of [true, false]) { // a photo must find its companion
    const queue = wanted.filter(({ name }) => companions.has(name) === isFirst);
    await Promise.all(Array.from({ length: AT_ONCE }, () => worker(queue)));
  }
  const stopped = sending.signal.aborted;
  sending = null;
  busy(false);
  if (stopped) $("sent").textContent = t("stopped");
  else if (unsent.length) $("sent").textContent = t("notSent", { count: unsent.length });
  else $("sent").textContent = t("sentAll", { sent: number(sent.size - there), there: number(there) });
  waiting = [...wanted.filter((each) => !sent.has(each)), ...(waiting === mine ? [] : waiting)];
  checkNow();
}

function busy(is) {
  $("progress").hidden = !is;
  $("stop").hidden = !is;
  $("send").disabled = is;
}
