// A form that stayed open through a new sign-in holds an old CSRF token: takes the one of a fresh copy of the page.
export async function freshToken(form) {
  const answer = await fetch(window.location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const token = page.querySelector(`form[data-save-url] input[name=csrf_token]`)?.value;
  const field = form.querySelector("input[name=csrf_token]");
  if (token && field) field.value = token;
}
