// What the server tells while the page is open.

import { $, make, number, toast } from "./dom.js";
import * as api from "./api.js";
import * as list from "./list.js";
import { said, t } from "./words.js";

let status = null;
let syncing = null;
let connected = true;
let refused = false;
let noticed = "";
let events = null;

export function start() {
  document.addEventListener("visibilitychange", listen);
  listen();
}

// Only while the page is in sight: a browser opens six connections to a server at most, and a seventh page would wait.
function listen() {
  events?.close();
  if (document.hidden) return;
  events = new EventSource("/api/events");
  events.onopen = () => { connected = true; draw(); };
  events.onerror = () => {
    connected = false;
    refused = events.readyState === EventSource.CLOSED; // answered, but with no events: the browser does not try again
    draw();
  };
  const on = (name, does) => events.addEventListener(name, (event) => does(JSON.parse(event.data)));
  on("photo", list.put);
  on("gone", ({ source }) => list.remove(source));
  on("again", again); // also the first that is told of a connection: whatever comes later is heard
  on("status", (found) => { status = found; draw(); });
  on("trouble", ({ message }) => toast(t("trouble", { message: said(message) })));
  on("sync", (found) => {
    syncing = found.finished ? null : found;
    draw();
    if (found.finished) again();
  });
}

const again = () => Promise.all([list.load(list.cards.size), state()]).catch((error) => toast(error.message));

async function state() {
  status = await api.status();
  syncing = status.sync.finished ? null : status.sync;
  draw();
}

export function draw() {
  $("status").textContent = sentence();
  const notices = (status?.notices || []).map((each) => make("li", {}, make("strong", {}, said(each.what)), " ", said(each.mend)));
  const text = notices.map((each) => each.textContent).join("\n");
  if (text === noticed) return; // so that a screen reader reads each once
  noticed = text;
  $("notices").replaceChildren(...notices);
  $("notices").hidden = !notices.length;
}

function sentence() {
  if (!connected) return t(refused ? "refused" : "lost");
  if (syncing) return t("reading", { count: number(syncing.done) });
  if (!status) return "";
  if (!status.under_way) return t("statusIdle");
  if (!status.waiting) return t("statusMoving", { under_way: number(status.under_way) });
  const minutes = Math.max(...status.lanes.map((lane) => lane.minutes_left || 0));
  const left = minutes ? t("minutesLeft", { minutes: number(Math.max(1, minutes)) }) : "";
  return t("statusWaiting", { under_way: number(status.under_way), waiting: number(status.waiting), left });
}
