// A small popover beside a link: opens on hover and focus, stays while pointed at, closes with Escape.
const DELAY_MS = 150;
let box;
let owner;
let timer;

function place(link) {
  const at = link.getBoundingClientRect();
  const size = box.getBoundingClientRect();
  const left = Math.max(16, Math.min(at.left, document.documentElement.clientWidth - size.width - 16));
  const below = at.bottom + 8 + size.height < window.innerHeight;
  const top = below ? at.bottom + 8 : Math.max(8, at.top - size.height - 8);
  box.style.left = `${left + window.scrollX}px`;
  box.style.top = `${top + window.scrollY}px`;
}

function hide() {
  window.clearTimeout(timer);
  if (box) box.hidden = true;
  owner?.removeAttribute("aria-describedby");
  owner = undefined;
}

function show(link, text) {
  hide();
  if (!text) return;
  owner = link;
  box.textContent = text;
  box.hidden = false;
  link.setAttribute("aria-describedby", box.id);
  place(link);
}

function build() {
  if (box) return;
  box = document.createElement("div");
  box.id = "preview-box";
  box.className = "popover";
  box.setAttribute("role", "tooltip");
  box.hidden = true;
  document.body.append(box);
  box.addEventListener("pointerenter", () => window.clearTimeout(timer));
  box.addEventListener("pointerleave", () => { timer = window.setTimeout(hide, DELAY_MS); });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
}

// `textOf(target)` turns the element a link points to into the words to show.
export function previewLinks(selector, textOf) {
  build();
  for (const link of document.querySelectorAll(selector)) {
    const words = () => { const target = document.getElementById(link.hash.slice(1)); return target && textOf(target); };
    const later = (action) => { window.clearTimeout(timer); timer = window.setTimeout(action, DELAY_MS); };
    link.addEventListener("focus", () => { if (link.matches(":focus-visible")) show(link, words()); });
    link.addEventListener("blur", hide);
    link.addEventListener("click", hide);
    link.addEventListener("pointerenter", (event) => { if (event.pointerType === "mouse") later(() => show(link, words())); });
    link.addEventListener("pointerleave", () => later(hide));
  }
}
