// What pages do beyond htmx. Everything works without it.
"use strict";

// Looking at a link's address must not use it up; whoever runs scripts is a browser with a person before it.
document.querySelectorAll("form[data-submit-now]").forEach((form) => form.submit());

// The preview comes by itself when the choice changes.
document.querySelectorAll("[data-no-script]").forEach((button) => { button.hidden = true; });

// A second click sends no second form, for as long as the page stays.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

document.querySelectorAll("button[data-copy]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Selected: copy it";
    }
  });
});
