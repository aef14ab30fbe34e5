// What pages do beyond htmx. Everything works without it.
"use strict";

// What another site has sent is sent again by the console's own page: only then does the browser show its session.
document.querySelectorAll("form[data-submit-now]").forEach((form) => form.submit());

// What a part of the page was last told, and whether there is still somebody to tell.
const told = new WeakMap();
const refused = new WeakSet();
let isSignedOut = false;
// The page brings the words.
const words = document.body.dataset;
const trouble = (text) => {
  const said = document.getElementById("trouble");
  // Written anew it would be read aloud again.
  if (said.textContent !== text) said.textContent = text;
  said.hidden = !text;
};
const refusal = (xhr) => new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector("[role=alert]");
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt } = event.detail;
  // Nobody looks at a live list in a tab that is not in sight.
  if (isSignedOut || refused.has(elt) || (elt.id === "tail" && document.hidden)) event.preventDefault();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, xhr, serverResponse } = event.detail;
  if (!target.matches("[hx-trigger^=every]")) return;
  // Nothing new: nothing is read aloud, and what was unfolded stays so. 286 says that it was the last time.
  if (xhr.status === 200 && told.get(target) === serverResponse) event.detail.shouldSwap = false;
  told.set(target, serverResponse);
});
document.addEventListener("htmx:afterRequest", (event) => {
  const { elt, successful, xhr } = event.detail;
  isSignedOut = xhr.status === 401;
  // What is refused, or is not there any more, is not asked for again by itself; what is busy is, but not at once.
  if (elt.matches("[hx-trigger*=every]") && !successful && xhr.status) {
    refused.add(elt);
    if (xhr.status === 429 || xhr.status >= 500) setTimeout(() => refused.delete(elt), 5000);
  }
  trouble(successful ? "" : refusal(xhr)?.textContent ?? words.noAnswer);
});

// The preview comes by itself when the choice changes.
document.querySelectorAll("[data-no-script]").forEach((button) => { button.hidden = true; });
document.querySelectorAll("[data-script]").forEach((one) => { one.hidden = false; });

// Choices that are not saved look so, and whoever leaves the page with them is warned.
const differs = (control) => (control.type === "checkbox" ? (control.checked ? "on" : "") : control.value) !== control.dataset.was;
const staged = () => [...document.querySelectorAll("[data-was]")].filter(differs);
let mayLeave = false;
const showStaged = (form) => {
  form.querySelectorAll("tr:has([data-was])").forEach((row) => {
    const changed = differs(row.querySelector("[data-was]"));
    row.toggleAttribute("data-changed", changed);
    row.querySelector(".was").hidden = !changed;
  });
  const count = staged().length;
  const bar = form.querySelector(".savebar");
  if (!bar) return;
  bar.hidden = !count;
  bar.querySelectorAll("[data-count]").forEach((text) => {
    const [one, many] = text.dataset.count.split("|");
    text.textContent = count === 1 ? one : many.replace("#", count);
  });
};
document.querySelectorAll("[data-pick-all]").forEach((all) => {
  all.hidden = false;
  all.addEventListener("change", () => all.form.querySelectorAll("[name=pick]").forEach((one) => { one.checked = all.checked; }));
});
document.querySelectorAll("form[data-stages]").forEach((form) => {
  showStaged(form);
  form.addEventListener("change", (event) => {
    if (!event.target.matches("[data-was]")) return;
    showStaged(form);
    form.dispatchEvent(new Event("stage"));
  });
  const apply = form.querySelector("[data-apply]");
  if (!apply) return;
  apply.type = "button";
  apply.addEventListener("click", () => {
    const { value } = form.querySelector("[name=bulk]");
    if (!value) return;
    form.querySelectorAll("tr:has([name=pick]:checked)").forEach((row) => {
      row.querySelector("[data-was]").value = value;
      row.querySelector("[name=pick]").checked = false;
    });
    form.querySelector("[data-pick-all]").checked = false;
    form.querySelector("[name=bulk]").value = "";
    showStaged(form);
    form.dispatchEvent(new Event("stage"));
  });
});
document.addEventListener("click", (event) => { if (event.target.closest("[data-discards]")) mayLeave = true; });
addEventListener("beforeunload", (event) => {
  // A browser asks only those who have done something on the page.
  if (!mayLeave && navigator.userActivation?.hasBeenActive !== false && staged().length) event.preventDefault();
});

// A second click sends no second form, for as long as the page stays.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  // The choice of a language saves nothing of what is on the page.
  if (!form.getAttribute("action").endsWith("/language")) mayLeave = true;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  // Where no page came after all, one may try again: the server takes a form once.
  setTimeout(() => delete form.dataset.sent, 10000);
});
// A page that comes back as it was left has forms that were used.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

const copyable = (root) => root.querySelectorAll("button[data-copy][hidden]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      button.textContent = words.copied;
    } catch {
      button.textContent = words.selected;
    }
  });
});
copyable(document);

document.querySelectorAll("button[data-print]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => print());
});

// Times are the reader's: the exact one, with its zone, is shown on hover. What is no `data-ago` is shown exactly.
// They follow the language of the page, in the manner of the reader's own region if the browser has that language.
const { lang } = document.documentElement;
const locale = navigator.languages.find((one) => one.split("-")[0] === lang) ?? lang;
const format = (options) => new Intl.DateTimeFormat(locale, options);
const exactly = format({ dateStyle: "full", timeStyle: "long" });
const briefly = format({ dateStyle: "medium", timeStyle: "short" });
const clock = format({ timeStyle: "medium" });
const dayAndClock = format({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const inColumn = (at) => (at.toDateString() === new Date().toDateString() ? clock : dayAndClock).format(at);
const localTimes = (root) => root.querySelectorAll("time[datetime]").forEach((time) => {
  const at = new Date(time.dateTime);
  if (isNaN(at)) return;
  time.title = exactly.format(at);
  if (time.hasAttribute("data-clock")) time.textContent = inColumn(at);
  else if (!time.hasAttribute("data-ago")) time.textContent = briefly.format(at);
});
localTimes(document);
// What is swapped in as a whole is no part of its target.
document.addEventListener("htmx:afterSettle", ({ detail: { target } }) => localTimes(target.isConnected ? target : document));

// A live list does not grow for ever, and says that it is live only while it is.
const MOST_ROWS = 500;
document.addEventListener("htmx:afterSettle", () => {
  const tail = document.getElementById("tail");
  if (!tail) return;
  [...document.querySelectorAll(".log tbody tr")].slice(MOST_ROWS).forEach((row) => row.remove());
  if (!tail.hasAttribute("hx-get")) document.querySelectorAll(".live").forEach((live) => { live.hidden = true; });
});

// A record opens beside its list, and its address is the page's: back leads to the list. It closes with Escape, and gives the
// focus back to its row.
const openRecord = () => document.querySelector("#record > .record");
const rowOf = (record) => document.getElementById(`e-${record.dataset.of}`);
const markRow = (row) => {
  document.querySelectorAll(".log a[aria-current]").forEach((one) => one.removeAttribute("aria-current"));
  row?.setAttribute("aria-current", "true");
};
document.addEventListener("htmx:afterSettle", ({ detail: { target, pathInfo } }) => {
  const record = target.id === "record" && openRecord();
  if (!record) return;
  // One step back closes it, however many were opened one after the other.
  if (history.state?.record) history.replaceState(history.state, "", pathInfo.finalRequestPath);
  else history.pushState({ record: true }, "", pathInfo.finalRequestPath);
  copyable(record);
  markRow(rowOf(record));
  // On a narrow screen it takes the place of the list.
  if (matchMedia("(max-width: 64rem)").matches) scrollTo(0, 0);
  record.focus();
});
const removeRecord = (record) => {
  const row = rowOf(record);
  record.remove();
  markRow();
  (row ?? document.getElementById("main")).focus();
};
const closeRecord = (record) => {
  const list = record.querySelector("[data-close]").href;
  removeRecord(record);
  if (history.state?.record) history.back();
  else history.replaceState(history.state, "", list);
};
addEventListener("popstate", () => {
  const record = openRecord();
  const entry = new URL(location).searchParams.get("entry") ?? "";
  if (entry === (record?.dataset.of ?? "")) return;
  if (entry) location.reload();
  else removeRecord(record);
});
document.addEventListener("click", (event) => {
  const close = event.target.closest("#record [data-close]");
  if (!close || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  closeRecord(openRecord());
});

// A menu over the page closes with Escape, and gives the focus back.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector(".bar details[open]");
  const record = openRecord();
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (record) closeRecord(record);
});
