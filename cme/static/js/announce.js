// One polite live region for every script of the page.
export function announce(text) {
  const region = document.getElementById("announcements");
  if (region) region.textContent = text;
}
