// Quiz: digits 1 to 9 choose an option while the options have the focus.
for (const question of document.querySelectorAll("[data-choice-keys]")) {
  question.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !/^[1-9]$/.test(event.key)) return;
    if (!event.target.matches("input[type=radio]")) return;
    const chosen = question.querySelectorAll("input[type=radio]")[Number(event.key) - 1];
    if (!chosen || chosen.disabled) return;
    event.preventDefault();
    chosen.focus();
    if (!chosen.checked) chosen.click();
  });
}
