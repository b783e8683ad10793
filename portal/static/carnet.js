// Every page works without this file. It only saves a person a step.
"use strict";

// htmx writes the address of the page into the browser's storage whatever its settings say: nothing of ours stays there.
window.sessionStorage.removeItem("htmx-current-path-for-history");

// A fragment answered by a redirection (the session ended): go where the server says, as a whole page.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, pathInfo } = event.detail;
  const arrived = xhr.responseURL && new URL(xhr.responseURL);
  const asked = new URL(pathInfo.finalRequestPath, window.location.href);
  if (arrived && arrived.pathname !== asked.pathname) {
    event.detail.shouldSwap = false;
    window.location.assign(arrived.href);
  }
});

// A fragment that fails: follow the link as if htmx were not there.
document.addEventListener("htmx:responseError", (event) => {
  const link = event.detail.elt.getAttribute("href");
  if (link) {
    window.location.assign(link);
  }
});

// A form sent twice by a double click is sent once.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  window.setTimeout(() => delete form.dataset.sent, 2000);
});

// After a form with mistakes, reading starts at their summary.
document.querySelector("[data-focus]")?.focus();

document.querySelectorAll("[data-print]").forEach((button) => {
  button.addEventListener("click", () => window.print());
});
