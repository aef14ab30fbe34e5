// What pages do beyond htmx. Everything works without it.
"use strict";

// What another site has sent is sent again by the console's own page: only then does the browser show its session.
document.querySelectorAll("form[data-submit-now]").forEach((form) => form.submit());

// What a part of the page was last told, and whether there is still somebody to tell.
const told = new WeakMap();
let isSignedOut = false;
const NO_ANSWER = "A part of this page could not be fetched. What goes on by itself is tried again; else load the page again.";
const trouble = (text) => {
  const said = document.getElementById("trouble");
  said.textContent = text;
  said.hidden = !text;
};
const refusal = (xhr) => new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector("[role=alert]");
document.addEventListener("htmx:beforeRequest", (event) => { if (isSignedOut) event.preventDefault(); });
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, xhr, serverResponse } = event.detail;
  if (!target.matches("[hx-trigger^=every]")) return;
  // Nothing new: nothing is read aloud, and what was unfolded stays so. 286 says that it was the last time.
  if (xhr.status === 200 && told.get(target) === serverResponse) event.detail.shouldSwap = false;
  told.set(target, serverResponse);
});
document.addEventListener("htmx:afterRequest", (event) => {
  const { successful, xhr } = event.detail;
  isSignedOut = xhr.status === 401;
  trouble(successful ? "" : refusal(xhr)?.textContent ?? NO_ANSWER);
});

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
