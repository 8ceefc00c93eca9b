// Question editor: renews the learner's view, the notes and search results when typing pauses; ticking a result chooses it.
import { announce } from "./announce.js";

const PAUSE_MS = 700;
const OFFLINE = "The view could not be renewed: no connection. What you typed is still here.";
const SIGNED_OUT = "You are signed out: sign in again in another tab before you save.";

class Editor {
  constructor(form) {
    this.form = form;
    this.state = document.querySelector("[data-view-state]");
    this.summary = document.querySelector("[data-part=notes]").dataset.summary;
    form.addEventListener("input", () => this.later(PAUSE_MS));
    form.addEventListener("change", (event) => this.choose(event.target));
    for (const picker of form.querySelectorAll("[data-picker]")) this.watch(picker);
  }

  watch(picker) {
    const find = (event) => { event.preventDefault(); this.sought = picker; this.renew(); };
    picker.querySelector("[data-find]").addEventListener("click", find);
    picker.querySelector("input[type=search]").addEventListener("keydown", (event) => { if (event.key === "Enter") find(event); });
  }

  // A ticked result joins the chosen ones, focus and all.
  choose(box) {
    const picker = box.closest("[data-picker]");
    const row = box.closest(".pick");
    if (!picker || !row || !box.checked || row.closest("[data-chosen]")) return;
    picker.querySelector("[data-chosen]").append(row);
    box.focus();
    announce(`Chosen: ${box.value}`);
  }

  later(wait) {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.renew(), wait);
  }

  // One question at a time; whatever is typed meanwhile is asked for afterwards.
  async renew() {
    window.clearTimeout(this.timer);
    if (this.busy) { this.again = true; return; }
    this.busy = true;
    try {
      await this.judge(await fetch(this.form.dataset.viewUrl, { method: "POST", body: new URLSearchParams(new FormData(this.form)), headers: { Accept: "text/html" } }));
    } catch {
      this.say(OFFLINE);
    }
    this.busy = false;
    if (this.again) { this.again = false; this.later(PAUSE_MS); }
  }

  async judge(answer) {
    if (answer.redirected || answer.status === 401) return this.say(SIGNED_OUT);
    if (answer.status === 429) {
      this.later((Number(answer.headers.get("Retry-After")) || 30) * 1000);
      return this.say("The view is renewed a little later.");
    }
    if (!answer.ok) return this.say("The view could not be renewed. What you typed is still here.");
    this.say("");
    return this.show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  }

  show(page) {
    for (const part of page.querySelectorAll("[data-part]")) this.put(part);
    const words = [];
    const found = this.sought?.querySelector("[data-found]")?.textContent;
    if (this.sought) words.push(found || "Nothing is sought.");
    const summary = page.querySelector("[data-part=notes]")?.dataset.summary;
    if (summary && summary !== this.summary) words.push(`Notes: ${summary}`);
    this.sought = undefined;
    this.summary = summary;
    if (words.length) announce(words.join(" "));
  }

  // Only what differs is touched, and focus stays on the element it was on.
  put(part) {
    const place = document.querySelector(`.editor [data-part="${part.dataset.part}"]`);
    if (!place || place.innerHTML === part.innerHTML) return;
    const focused = place.contains(document.activeElement) ? document.activeElement.id : "";
    place.replaceChildren(...part.childNodes);
    if (focused) document.getElementById(focused)?.focus();
  }

  say(text) {
    this.state.textContent = text;
    this.state.hidden = !text;
    if (text) announce(text);
  }
}

for (const form of document.querySelectorAll("form[data-view-url]")) new Editor(form);
