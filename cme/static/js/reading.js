// Article: reports reached sections, the place, and active seconds; shows the reading time; folds and marks the contents.
import "./contents.js";

const IDLE_MS = 60_000;
const REPORT_MS = 15_000;
const layout = document.querySelector("[data-progress-url]");

function start() {
  const shown = layout.querySelector("[data-reading-time]");
  const before = Number(layout.dataset.activeSeconds || 0);
  const reached = new Set();
  const inView = new Set();
  let unsent = new Set();
  let active = 0;
  let reported = 0;
  let position = "";
  let stirred = performance.now();

  const last = new Map();
  for (const section of document.querySelectorAll("[data-section]")) {
    const passages = section.querySelectorAll("[data-passage]");
    last.set(passages[passages.length - 1] || section, section.dataset.section);
  }
  const passages = [...document.querySelectorAll("[data-passage]")];
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) inView.add(entry.target);
      else inView.delete(entry.target);
      const section = entry.isIntersecting && last.get(entry.target);
      if (section && !reached.has(section)) { reached.add(section); unsent.add(section); }
    }
    position = passages.find((passage) => inView.has(passage))?.id || position;
  });
  for (const target of new Set([...passages, ...last.keys()])) watcher.observe(target);

  for (const kind of ["scroll", "pointermove", "pointerdown", "keydown", "touchstart", "wheel"]) {
    window.addEventListener(kind, () => { stirred = performance.now(); }, { passive: true });
  }
  const show = () => {
    if (!shown) return;
    shown.hidden = false;
    shown.textContent = `Reading time ${Math.max(1, Math.round((before + active) / 60))} min`;
  };
  if (before) show();
  window.setInterval(() => {
    if (document.visibilityState !== "visible" || performance.now() - stirred > IDLE_MS) return;
    active += 1;
    if (active % 15 === 1) show();
  }, 1000);

  async function report() {
    const seconds = active - reported;
    if (!unsent.size && seconds < 5) return;
    const sending = unsent;
    unsent = new Set();
    reported += seconds;
    const { csrf, revision } = layout.dataset;
    const body = new URLSearchParams({ csrf_token: csrf, revision, active_seconds: String(seconds), position });
    for (const section of sending) body.append("section", section);
    try {
      const answer = await fetch(layout.dataset.progressUrl, { method: "POST", body, keepalive: true });
      if (!answer.ok) throw new Error(String(answer.status));
    } catch {
      for (const section of sending) unsent.add(section);
      reported -= seconds;
    }
  }
  window.setInterval(report, REPORT_MS);
  window.addEventListener("pagehide", report);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") report(); });
}

if (layout) start();
