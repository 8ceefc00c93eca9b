// Quiz: sends every answer as soon as it is given, whatever its kind, says so, and keeps trying while it cannot.
import { freshToken } from "./fresh-token.js";
import { markAnswered } from "./quiz-progress.js";

const RETRY_SECONDS = [2, 5, 10, 20, 30];
const OFFLINE = "Not saved yet: no connection. Your choice stays on this page; trying again.";
const SIGNED_OUT = "Not saved yet: you are signed out. Sign in again in another tab; your choice is then saved from here.";
const RENEWING = "Not saved yet; trying again.";
const MOST_RENEWALS = 3;
// "q-3" is the answer to question 3, "q-3-b" a part of it, "c-3" how sure the learner is of it.
const ANSWER = /^[qc]-[0-9]+/;
const CLOCK = { hour: "2-digit", minute: "2-digit", hour12: false };

class Autosave {
  constructor(form) {
    this.form = form;
    this.state = form.querySelector("[data-save-state]");
    this.waiting = new Map();
    this.tries = 0;
    this.renewals = 0;
    form.addEventListener("change", (event) => {
      const group = ANSWER.exec(event.target.name)?.[0];
      if (!group) return;
      this.waiting.set(group, this.answerOf(group));
      this.flush();
    });
    // The form's own POST carries every answer on the page; a report beside it would only race with it.
    form.addEventListener("submit", () => { this.waiting.clear(); window.clearTimeout(this.timer); });
    window.addEventListener("online", () => this.flush());
    this.catchUp();
    window.addEventListener("pagehide", () => { if (this.waiting.size) this.send(this.waiting).catch(() => {}); });
  }

  // Whoever chooses before this script has arrived, on a slow line, is not forgotten.
  catchUp() {
    const changed = (one) => one.checked !== one.defaultChecked
      || (one.tagName === "SELECT" ? [...one.options].some((option) => option.value && option.selected !== option.defaultSelected) : one.value !== one.defaultValue);
    for (const one of this.form.elements) {
      const group = ANSWER.exec(one.name || "")?.[0];
      if (group && changed(one)) this.waiting.set(group, this.answerOf(group));
    }
    this.flush();
  }

  // Everything the form says about one answer: [name, value] pairs. An empty one stands where nothing is left.
  answerOf(group) {
    const fields = [...this.form.elements].filter((one) => ANSWER.exec(one.name || "")?.[0] === group && !one.disabled);
    const said = fields.filter((one) => (one.type !== "radio" && one.type !== "checkbox") || one.checked);
    return said.map((one) => [one.name, one.value]);
  }

  say(text, state) {
    if (this.state) { this.state.textContent = text; this.state.dataset.state = state; }
  }

  send(answers) {
    const body = new URLSearchParams();
    for (const field of this.form.querySelectorAll("input[type=hidden]")) {
      if (!ANSWER.test(field.name)) body.append(field.name, field.value);
    }
    for (const pairs of answers.values()) for (const [name, value] of pairs) body.append(name, value);
    return fetch(this.form.dataset.saveUrl, { method: "POST", body, keepalive: true, headers: { Accept: "application/json" } });
  }

  async flush() {
    if (this.busy || !this.waiting.size) return;
    this.busy = true;
    window.clearTimeout(this.timer);
    const sent = new Map(this.waiting);
    this.say("Saving…", "saving");
    try {
      await this.judge(sent, await this.send(sent));
    } catch {
      this.later(OFFLINE);
    }
    this.busy = false;
    if (this.waiting.size && !this.tries) this.flush();
  }

  async judge(sent, answer) {
    const told = (answer.headers.get("Content-Type") || "").includes("json") ? await answer.json() : {};
    const at = told.saved_at ? new Date(told.saved_at) : new Date();
    if (answer.ok && !answer.redirected) return this.settle(sent, `Saved ${at.toLocaleTimeString([], CLOCK)}`, "saved");
    if (answer.redirected || answer.status === 401) return this.later(SIGNED_OUT);
    if (answer.status === 400 && this.renewals++ < MOST_RENEWALS) {
      await freshToken(this.form); // after a new sign-in the form's own token is refused
      this.tries = 0;
      return this.later(RENEWING);
    }
    if (answer.status >= 500 || answer.status === 429 || answer.status === 408) return this.later(told.message || OFFLINE);
    const refused = told.message || told.error?.sentence || "This answer could not be saved. Please reload the page.";
    return this.settle(sent, refused, "failed", told.final && ((group) => !told.final.includes(Number(group.slice(2)))));
  }

  later(message) {
    this.say(message, "failed");
    const seconds = RETRY_SECONDS[Math.min(this.tries++, RETRY_SECONDS.length - 1)];
    this.timer = window.setTimeout(() => this.flush(), seconds * 1000);
  }

  // `kept` says of which answers all the same: others of the same message may be final already.
  settle(sent, text, state, kept = () => state === "saved") {
    for (const [name, value] of sent) if (this.waiting.get(name) === value) this.waiting.delete(name);
    this.tries = 0;
    this.renewals = 0;
    this.say(text, state);
    for (const [group, pairs] of sent) if (group.startsWith("q-") && kept(group)) markAnswered(this.form, group, pairs.some(([, value]) => value));
  }
}

for (const form of document.querySelectorAll("form[data-save-url]")) new Autosave(form);
