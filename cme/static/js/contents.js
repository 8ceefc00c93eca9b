// Contents list of an article: folds on narrow screens, marks where the reader is.
const wide = window.matchMedia("(width >= 80rem)");

function foldOn(contents) {
  const apply = () => { contents.open = wide.matches; };
  apply();
  wide.addEventListener("change", apply);
  contents.addEventListener("click", (event) => {
    if (event.target.closest("a") && !wide.matches) contents.open = false;
  });
}

function spy(contents) {
  const links = new Map();
  for (const link of contents.querySelectorAll('a[href^="#"]')) links.set(link.hash.slice(1), link);
  const visible = new Set();
  const sections = [...document.querySelectorAll("[data-section]")];
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) visible.add(entry.target);
      else visible.delete(entry.target);
    }
    const current = sections.find((section) => visible.has(section));
    if (!current) return;
    for (const link of links.values()) link.removeAttribute("aria-current");
    links.get(current.dataset.section)?.setAttribute("aria-current", "true");
  }, { rootMargin: "-10% 0px -60% 0px" });
  for (const section of sections) watcher.observe(section);
}

for (const contents of document.querySelectorAll("[data-contents]")) {
  foldOn(contents);
  spy(contents);
}
