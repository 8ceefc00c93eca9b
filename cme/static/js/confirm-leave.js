// Editor forms: asks before leaving with unsaved changes.
for (const form of document.querySelectorAll("form[data-confirm-leave]")) {
  let dirty = false;
  form.addEventListener("input", () => { dirty = true; });
  form.addEventListener("submit", () => { dirty = false; });
  window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
}
