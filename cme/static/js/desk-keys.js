// Keys at the desk, on the bank: / j k x n p ?; beside a question: j k e / v s ?, and Ctrl+Enter and Escape in fields.
// A single key never acts while somebody types, nor with a modifier; all are off where switched off.
const root = document.querySelector("[data-desk-keys]");
const help = root?.querySelector("[data-key-help]");
const toggle = root?.querySelector("[data-key-switch]");
const KEPT = "desk-keys";

const kept = () => {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null; // storage may be closed; then the keys are on until the page is left
  }
};

const rows = () => [...root.querySelectorAll("[data-key-row]")];
const typing = (element) =>
  element instanceof HTMLElement &&
  (element.isContentEditable || element.matches("textarea, select, input:not([type=checkbox], [type=radio])"));

const link = (row) => row?.querySelector("th a");

const follow = (rel) => root.querySelector(`a[rel=${rel}]`)?.click();

// Among the rows of a list; where there are none, to the next or previous page of the same sort.
const move = (step) => {
  const all = rows();
  if (!all.length) return follow(step > 0 ? "next" : "prev");
  const now = all.findIndex((row) => row.contains(document.activeElement));
  const next = now < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(now + step, 0), all.length - 1);
  link(all[next])?.focus();
};

const save = () => root.querySelector("[data-key-save]")?.click();

const acts = {
  "/": () => root.querySelector("[data-key-search]")?.focus(),
  j: () => move(1),
  k: () => move(-1),
  x: () => rows().find((row) => row.contains(document.activeElement))?.querySelector("input[type=checkbox]")?.click(),
  e: () => root.querySelector("[data-key-edit]")?.focus(),
  v: () => root.querySelector("[data-key-view]")?.focus(),
  s: () => save(),
  n: () => root.querySelector(".pager a[rel=next]")?.click(),
  p: () => root.querySelector(".pager a[rel=prev]")?.click(),
  "?": () => {
    help.open = !help.open;
    if (help.open) help.querySelector("summary").focus();
  },
};

// Where single keys are letters: save without leaving the field, or leave it. A search is emptied first, by the browser.
const inField = (event) => {
  if (!typing(event.target) || event.defaultPrevented || !root.querySelector("[data-key-save]")) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    save();
  }
  if (event.key === "Escape" && event.target.matches("textarea, input") && !(event.target.type === "search" && event.target.value)) event.target.blur();
};

if (root && help && toggle) {
  help.hidden = false;
  toggle.checked = kept() !== "off";
  toggle.addEventListener("change", () => {
    try {
      localStorage.setItem(KEPT, toggle.checked ? "on" : "off");
    } catch {
      // as above
    }
  });
  document.addEventListener("keydown", (event) => {
    if (toggle.checked && !event.isComposing) inField(event);
    if (!toggle.checked || event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    if (typing(event.target) || !Object.hasOwn(acts, event.key)) return;
    event.preventDefault();
    acts[event.key]();
  });
}
