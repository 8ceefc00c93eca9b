// Quiz: the progress list shows at once whether a question has its answer.
export function markAnswered(form, group, answered = true) {
  const number = group.split("-")[1];
  const link = form.querySelector(`.quiz-progress [data-question="${CSS.escape(number)}"]`);
  if (!link || link.classList.contains("is-answered") === answered) return;
  link.classList.toggle("is-answered", answered);
  if (!answered) return link.querySelectorAll("[data-answered], .visually-hidden:last-child:not(:first-child)").forEach((one) => one.remove());
  const words = document.createElement("span");
  words.className = "visually-hidden";
  words.dataset.answered = "";
  words.textContent = ", answered";
  link.append(words);
}
