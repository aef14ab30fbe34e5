// What pages do beyond htmx. Everything works without it.
"use strict";

// What another site has sent is sent again by the console's own page: only then does the browser show its session.
document.querySelectorAll("form[data-submit-now]").forEach((form) => form.submit());

// The preview comes by itself when the choice changes.
document.querySelectorAll("[data-no-script]").forEach((button) => { button.hidden = true; });

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
