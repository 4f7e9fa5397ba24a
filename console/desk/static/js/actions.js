// What is done with photos: downloaded at once; redone or forgotten after a question that says what that means.

import * as api from "./api.js";
import { $, make, money, number, toast } from "./dom.js";
import * as list from "./list.js";
import { said, t } from "./words.js";

// `what`: "cutouts", "listings", or "all".
export async function download(sources, what = "all") {
  try {
    await api.status(); // else the browser would show why the desk does not answer, in the page's place
    api.zip(sources, what);
  } catch (error) {
    toast(error.message);
  }
}

export async function redo(sources) {
  try {
    const plan = await api.redo(sources, false);
    const texts = [];
    if (plan.count) {
      if (plan.unpriced < plan.count) texts.push(t("redoPrice", { yuan: money(plan.price_yuan) }));
      if (plan.unpriced) texts.push(t("redoUnpriced", { count: plan.unpriced }));
    } else texts.push(t("redoNone"));
    const reasons = new Set(plan.skipped.map((each) => said(each.message)));
    if (plan.skipped.length) texts.push(t("redoSkipped", { count: plan.skipped.length, why: [...reasons].join("; ") }));
    if (!(await sure(t("redoTitle", { count: plan.count }), texts, plan.count ? "redo" : null))) return;
    const done = await api.redo(sources, true);
    toast(t("redone", { count: done.set_going }));
  } catch (error) {
    toast(error.message);
  }
}

export async function forget(sources) {
  try {
    const plan = await api.forget(sources, false);
    const counts = Object.entries(plan.objects).filter(([, count]) => count).map(([folder, count]) => `${folder}/ ${number(count)}`);
    if (!(await sure(t("forgetTitle", { count: sources.length }), [t("forgetText"), ...counts], "forget", "danger"))) return;
    const done = await api.forget(sources, true);
    for (const source of sources) list.remove(source);
    toast(t("forgotten", { count: Object.values(done.objects).reduce((sum, count) => sum + count, 0) }));
  } catch (error) {
    toast(error.message);
  }
}

// Asks; without a `word` for the answer there is nothing to agree to.
function sure(title, texts, word, kind = "primary") {
  const box = $("question");
  const heading = make("h2", { id: "question-title" }, title);
  const form = make("form", { method: "dialog", class: "row" });
  const cancel = make("button", { value: "" }, t(word ? "cancel" : "close"));
  form.append(cancel);
  if (word) form.append(make("button", { value: "yes", class: kind }, t(word)));
  box.replaceChildren(heading, ...texts.map((text) => make("p", {}, text)), form);
  box.returnValue = "";
  box.showModal();
  cancel.focus();
  return new Promise((resolve) => box.addEventListener("close", () => resolve(box.returnValue === "yes"), { once: true }));
}
