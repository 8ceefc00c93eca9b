// Single keys at the desk: / j k x n p ?. Never while somebody types, never with a modifier, and off where switched off.
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

const move = (step) => {
  const all = rows();
  const now = all.findIndex((row) => row.contains(document.activeElement));
  const next = now < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(now + step, 0), all.length - 1);
  link(all[next])?.focus();
};

const acts = {
  "/": () => root.querySelector("[data-key-search]")?.focus(),
  j: () => move(1),
  k: () => move(-1),
  x: () => rows().find((row) => row.contains(document.activeElement))?.querySelector("input[type=checkbox]")?.click(),
  n: () => root.querySelector(".pager a[rel=next]")?.click(),
  p: () => root.querySelector(".pager a[rel=prev]")?.click(),
  "?": () => {
    help.open = !help.open;
    if (help.open) help.querySelector("summary").focus();
  },
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
    if (!toggle.checked || event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    if (typing(event.target) || !Object.hasOwn(acts, event.key)) return;
    event.preventDefault();
    acts[event.key]();
  });
}
