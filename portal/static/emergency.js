// Counts an emergency access down, beside its end in words. The server decides; this only shows.
"use strict";

for (const clock of document.querySelectorAll("[data-countdown]")) {
  const end = Date.parse(clock.dataset.countdown);
  const show = () => {
    const left = Math.max(0, Math.round((end - Date.now()) / 1000));
    clock.textContent = `${String(Math.floor(left / 60)).padStart(2, "0")}:${String(left % 60).padStart(2, "0")}`;
    if (left === 0) {
      window.clearInterval(ticking);
    }
  };
  const ticking = window.setInterval(show, 1000);
  show();
}
