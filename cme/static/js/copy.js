// Copy buttons: put a link on the clipboard and say so.
import { announce } from "./announce.js";

for (const button of document.querySelectorAll("[data-copy], [data-copy-text]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  const label = button.textContent;
  button.addEventListener("click", async () => {
    const source = button.dataset.copy && document.querySelector(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(button.dataset.copyText || source?.value || source?.textContent || "");
      button.textContent = "Copied";
      announce("Copied");
    } catch {
      source?.select?.();
      announce("Copying was refused by the browser; the text is selected.");
    }
    window.setTimeout(() => { button.textContent = label; }, 3000);
  });
}
