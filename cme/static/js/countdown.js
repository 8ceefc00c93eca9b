// Time left in words. The server says how many seconds are left, so the reader's own clock does not matter.
function words(seconds) {
  if (seconds <= 0) return "no time";
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 120) return minutes === 1 ? "1 minute" : `${minutes} minutes`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`;
}

const loaded = performance.now();
const shown = document.querySelectorAll("[data-seconds-left]");

function show() {
  const gone = (performance.now() - loaded) / 1000;
  for (const place of shown) {
    const text = words(Number(place.dataset.secondsLeft) - gone);
    if (place.textContent !== text) place.textContent = text;
  }
}

if (shown.length) {
  show();
  window.setInterval(show, 15_000);
}
