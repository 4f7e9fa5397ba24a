// The photos that are shown: what the filters ask for, a page after the other, kept up to date by events.

import * as api from "./api.js";

const PAGE = 60;
const FILTERS = {
  all: {},
  under_way: { status: "under_way" },
  failed: { status: "failed" },
  rejected: { status: "rejected" },
  look: { verdict: "look" },
  done: { status: "done" },
};

export const filters = Object.keys(FILTERS);
export const asked = { filter: "all", q: "", capability: "", since: "", order: "new" };
export const cards = new Map();
export const selected = new Set();
export let counts = {};
export let total = 0;

let following = "";
let running = null;
let meanwhile = new Map(); // what events said while a page was asked for, whose answer may be older: by source, a card or null
let tell = () => {};

// `hear` is called with "all", "more", "counts", or with "new", "card" or "gone" and a source.
export const listen = (hear) => { tell = hear; };

const wanted = () => ({ ...FILTERS[asked.filter], q: asked.q, capability: asked.capability, since: asked.since });

export const isAll = () => Object.values(wanted()).every((each) => !each);

// Asks for other photos. What is selected is what is shown: nobody redoes or forgets what they do not see.
export function ask(changes) {
  Object.assign(asked, changes);
  selected.clear();
  return load();
}

// Anew from the beginning, and as many as are shown, so that somebody who has scrolled stays there.
export async function load(shown = 0) {
  following = "";
  await page("all", Math.max(shown, PAGE));
}

export async function more() {
  if (following && !running) await page("more", PAGE);
}

async function page(kind, limit) {
  running?.abort();
  const mine = (running = new AbortController());
  meanwhile = new Map();
  const query = { ...wanted(), order: asked.order, limit, after: following };
  try {
    const found = await api.photos(query, mine.signal);
    if (kind === "all") cards.clear();
    for (const card of found.photos) cards.set(card.source, card);
    following = found.next;
    ({ counts, total } = found);
    tell(kind);
    for (const [source, card] of meanwhile) if (card) put(card); else remove(source);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  } finally {
    if (running === mine) running = null;
  }
}

// An event brought this card.
export function put(card) {
  if (running) meanwhile.set(card.source, card);
  if (cards.has(card.source)) {
    cards.set(card.source, card);
    tell("card", card.source);
  } else if (matches(card) && asked.order === "new") insert(card);
  count();
}

// Where the server would list it: those under way first, then the newest.
function insert(card) {
  const all = [...cards];
  const older = all.findIndex(([, other]) => !card.finished_at || (other.finished_at && other.finished_at < card.finished_at));
  if (older < 0 && following) return; // its place is on a page that nobody has asked for yet
  all.splice(older < 0 ? all.length : older, 0, [card.source, card]);
  cards.clear();
  for (const [source, each] of all) cards.set(source, each);
  tell("new", card.source);
}

export function remove(source) {
  if (running) meanwhile.set(source, null);
  selected.delete(source);
  if (cards.delete(source)) tell("gone", source);
  count();
}

function matches(card) {
  const { status, verdict, capability, since } = wanted();
  if (status && status !== (card.status || "under_way")) return false;
  if (verdict && verdict !== card.verdict) return false;
  if (capability && capability !== card.capability) return false;
  if (since && !card.finished_at) return false; // one that is told of has just been finished
  return card.source.toLowerCase().includes(asked.q.toLowerCase());
}

let counting;
function count() {
  clearTimeout(counting);
  counting = setTimeout(async () => {
    try {
      ({ counts, total } = await api.photos({ ...wanted(), limit: 1 }));
      tell("counts");
    } catch { /* the next event counts again */ }
  }, 800);
}

export const neighbour = (source, step) => {
  const sources = [...cards.keys()];
  return sources[sources.indexOf(source) + step];
};

// The photos from one to the other, both with them.
export function between(one, other) {
  const sources = [...cards.keys()];
  const [from, to] = [sources.indexOf(one), sources.indexOf(other)].sort((a, b) => a - b);
  return from < 0 ? [other] : sources.slice(from, to + 1);
}

export const hasMore = () => Boolean(following);
