// Quiz: the progress list shows at once that a question has its answer.
export function markAnswered(form, name) {
  const question = form.querySelector(`input[name="${CSS.escape(name)}"]`)?.closest(".question");
  const number = question?.id.split("-").pop();
  const link = number && form.querySelector(`.quiz-progress [data-question="${CSS.escape(number)}"]`);
  if (!link || link.classList.contains("is-answered")) return;
  link.classList.add("is-answered");
  const words = document.createElement("span");
  words.className = "visually-hidden";
  words.textContent = ", answered";
  link.append(words);
}
