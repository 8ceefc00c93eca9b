// The sample certificate beside a design's form follows what is chosen, a moment after the last change.
const DELAY_MS = 700;
const form = document.querySelector("[data-design-preview]");
const picture = form?.querySelector("[data-preview-picture]");
const words = form?.querySelector("[data-preview-words]");
let timer;
let running;

async function refresh() {
  running?.abort();
  running = new AbortController();
  words.textContent = "The sample is being drawn …";
  const body = new FormData(form);
  body.set("do", "preview");
  try {
    const answer = await fetch(form.dataset.designPreview, { method: "POST", body, signal: running.signal });
    const told = await answer.json();
    if (told.picture) {
      picture.src = told.picture;
      picture.hidden = false;
      words.textContent = "A sample, with invented data and without a signature.";
    } else {
      words.textContent = (told.problems ?? ["The sample cannot be drawn now."]).join(" ");
    }
  } catch (problem) {
    if (problem.name !== "AbortError") words.textContent = "The sample cannot be drawn now; “Preview” still works.";
  }
}

form?.addEventListener("change", () => {
  window.clearTimeout(timer);
  timer = window.setTimeout(refresh, DELAY_MS);
});
