// Quiz: sends every chosen option at once, says so, and keeps trying while it cannot.
import { freshToken } from "./fresh-token.js";
import { markAnswered } from "./quiz-progress.js";

const RETRY_SECONDS = [2, 5, 10, 20, 30];
const OFFLINE = "Not saved yet: no connection. Your choice stays on this page; trying again.";
const SIGNED_OUT = "Not saved yet: you are signed out. Sign in again in another tab; your choice is then saved from here.";
const RENEWING = "Not saved yet; trying again.";
const MOST_RENEWALS = 3;
const CLOCK = { hour: "2-digit", minute: "2-digit", hour12: false };

class Autosave {
  constructor(form) {
    this.form = form;
    this.state = form.querySelector("[data-save-state]");
    this.waiting = new Map();
    this.tries = 0;
    this.renewals = 0;
    form.addEventListener("change", (event) => {
      if (event.target.type !== "radio") return;
      this.waiting.set(event.target.name, event.target.value);
      this.flush();
    });
    // The form's own POST carries every answer on the page; a report beside it would only race with it.
    form.addEventListener("submit", () => { this.waiting.clear(); window.clearTimeout(this.timer); });
    window.addEventListener("online", () => this.flush());
    window.addEventListener("pagehide", () => { if (this.waiting.size) this.send(this.waiting).catch(() => {}); });
  }

  say(text, state) {
    if (this.state) { this.state.textContent = text; this.state.dataset.state = state; }
  }

  send(answers) {
    const body = new URLSearchParams();
    for (const field of this.form.querySelectorAll("input[type=hidden]")) body.append(field.name, field.value);
    for (const [name, value] of answers) body.append(name, value);
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
    return this.settle(sent, told.message || told.error?.sentence || "This answer could not be saved. Please reload the page.", "failed");
  }

  later(message) {
    this.say(message, "failed");
    const seconds = RETRY_SECONDS[Math.min(this.tries++, RETRY_SECONDS.length - 1)];
    this.timer = window.setTimeout(() => this.flush(), seconds * 1000);
  }

  settle(sent, text, state) {
    for (const [name, value] of sent) if (this.waiting.get(name) === value) this.waiting.delete(name);
    this.tries = 0;
    this.renewals = 0;
    this.say(text, state);
    if (state === "saved") for (const name of sent.keys()) markAnswered(this.form, name);
  }
}

for (const form of document.querySelectorAll("form[data-save-url]")) new Autosave(form);
