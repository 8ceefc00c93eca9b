// Catalogue: searches while typing by fetching the same page; the form's own button stays.
import { announce } from "./announce.js";

const DELAY_MS = 250;

for (const form of document.querySelectorAll("form[data-search]")) {
  let timer;
  let running;

  async function search() {
    running?.abort();
    running = new AbortController();
    const address = new URL(form.action || window.location.href);
    address.search = new URLSearchParams(new FormData(form)).toString();
    try {
      const answer = await fetch(address, { signal: running.signal });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = page.querySelector(form.dataset.search);
      const shown = document.querySelector(form.dataset.search);
      if (!found || !shown) return;
      shown.replaceWith(document.adoptNode(found));
      window.history.replaceState(null, "", address);
      announce(found.querySelector("[data-announce]")?.textContent || "");
    } catch {
      // Aborted by the next letter, or no connection: the list stays, the button still works.
    }
  }

  form.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(search, DELAY_MS);
  });
}
