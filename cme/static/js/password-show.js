// Password fields: a button that shows what was typed.
for (const group of document.querySelectorAll("[data-password-show]")) {
  const input = group.querySelector("input");
  const button = group.querySelector("button");
  if (!input || !button) continue;
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
  });
  // Browsers offer to keep password fields only; it is one again when it is sent.
  input.form?.addEventListener("submit", () => { input.type = "password"; });
}
