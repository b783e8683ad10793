// Shows the passwords of a form while its box is ticked.
"use strict";

for (const box of document.querySelectorAll("[data-reveal]")) {
  const fields = [...box.form.querySelectorAll("input[type=password]")];
  box.addEventListener("change", () => {
    for (const field of fields) {
      field.type = box.checked ? "text" : "password";
    }
  });
  // Nothing stays in sight, nor in what a browser remembers of forms.
  box.form.addEventListener("submit", () => fields.forEach((field) => { field.type = "password"; }));
}
