// The sample certificate beside a design's form: drawn when the page opens, and a moment after each change.
const DELAY_MS = 700;
const SHOWN = "A sample, with invented data and without a signature.";
const LATER = "The sample cannot be drawn now; “Preview” still works.";
const form = document.querySelector("[data-design-preview]");
const figure = form?.querySelector("[data-preview]");
const picture = form?.querySelector("[data-preview-picture]");
const words = form?.querySelector("[data-preview-words]");
let timer;
let running;

// "drawing": what is seen is about to change. "problem": what is seen is from before.
function say(state, text) {
  figure.dataset.state = state;
  words.textContent = text;
}

async function refresh() {
  running?.abort();
  const own = new AbortController();
  running = own;
  say("drawing", "The sample is being drawn …");
  const body = new FormData(form);
  body.set("do", "preview");
  try {
    const answer = await fetch(form.dataset.designPreview, { method: "POST", body, signal: own.signal });
    const told = await answer.json();
    if (own.signal.aborted) return;
    if (told.picture) {
      picture.src = told.picture;
      delete figure.dataset.empty;
      say("shown", SHOWN);
    } else {
      say("problem", (told.problems ?? [LATER]).join(" "));
    }
  } catch (problem) {
    if (problem.name !== "AbortError") say("problem", LATER);
  }
}

form?.addEventListener("change", () => {
  window.clearTimeout(timer);
  timer = window.setTimeout(refresh, DELAY_MS);
});
// Whoever presses a button leaves the page: a sample that is still being drawn would only take its place there.
form?.addEventListener("submit", () => {
  window.clearTimeout(timer);
  running?.abort();
});
if (figure && "empty" in figure.dataset) refresh();
