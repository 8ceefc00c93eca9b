// Reads the article aloud with the browser's own voice, passage by passage.
import { announce } from "./announce.js";

const voice = window.speechSynthesis;

function wordsOf(passage) {
  const copy = passage.cloneNode(true);
  for (const silent of copy.querySelectorAll(".cite, .cites, table, img, .visually-hidden, details")) silent.remove();
  return copy.textContent.trim().replace(/\s+/g, " ");
}

for (const button of document.querySelectorAll("[data-listen]")) {
  if (!voice || typeof SpeechSynthesisUtterance === "undefined") continue;
  button.hidden = false;
  const label = button.textContent;
  let playing = false;

  const stop = () => {
    playing = false;
    voice.cancel();
    button.textContent = label;
    button.setAttribute("aria-pressed", "false");
  };

  button.addEventListener("click", () => {
    if (playing) { stop(); announce("Stopped"); return; }
    const root = document.querySelector(button.dataset.listen);
    const all = [...(root?.querySelectorAll("h2, h3, [data-passage]") || [])];
    const from = Math.max(0, all.findIndex((passage) => passage.getBoundingClientRect().bottom > 0));
    const texts = all.slice(from).map(wordsOf).filter(Boolean);
    if (!texts.length) return;
    voice.cancel();
    playing = true;
    button.textContent = "Stop";
    button.setAttribute("aria-pressed", "true");
    texts.forEach((text, place) => {
      const said = new SpeechSynthesisUtterance(text);
      said.lang = document.documentElement.lang;
      if (place === texts.length - 1) said.addEventListener("end", stop);
      voice.speak(said);
    });
  });
  window.addEventListener("pagehide", stop);
}
