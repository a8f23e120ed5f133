// What pages do beyond links and forms. Each part looks for its own attribute; nothing here is needed to read or to change.
"use strict";

// A list is narrowed while one types: <input data-filter="SELECTOR OF ROWS">.
document.addEventListener("input", (event) => {
  const rows = event.target.dataset && event.target.dataset.filter;
  if (!rows) return;
  const wanted = event.target.value.trim().toLowerCase();
  for (const row of document.querySelectorAll(rows)) {
    row.hidden = !row.firstElementChild.textContent.toLowerCase().includes(wanted);
  }
});

// A choice is made at once: <select data-submit>.
document.addEventListener("change", (event) => {
  if (event.target.matches && event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

// What can't be taken back is asked for: <form data-ask="QUESTION">.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.ask;
  if (question && !window.confirm(question)) event.preventDefault();
});

// One message after another by keyboard: anything with data-key="j". Fields keep their letters; Escape leaves them.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const field = event.target.closest && event.target.closest("input, textarea, select");
  if (field) {
    if (event.key === "Escape") field.blur();
    return;
  }
  if (!/^[a-z]$/.test(event.key)) return;
  const bound = document.querySelector(`[data-key="${event.key}"]`);
  if (!bound) return;
  event.preventDefault();
  if (bound.matches("details")) {
    bound.open = true;
    const first = bound.querySelector("textarea, input:not([type=hidden])");
    if (first) first.focus();
  } else if (bound.matches("form")) {
    bound.requestSubmit();
  } else {
    bound.click();
  }
});

// Live parts: an element with data-live="ADDRESS" of a stream of events.
// An event "lines" brings rows that go on top of the element's <tbody>; "changed" has the element loaded anew.
const streams = new Map();

function open(part) {
  const light = document.querySelector(".live");
  const say = (on, words) => {
    if (!light) return;
    light.classList.toggle("is-on", on);
    light.textContent = words;
  };
  const source = new EventSource(part.dataset.live);
  streams.set(part, source);
  source.addEventListener("open", () => say(true, "Live"));
  source.addEventListener("error", () => say(false, "Connecting again…"));
  source.addEventListener("lines", (event) => {
    const body = part.querySelector("tbody");
    body.insertAdjacentHTML("afterbegin", event.data);
    while (body.rows.length > 500) body.deleteRow(-1);
    const none = part.querySelector("[data-none]");
    if (none) none.hidden = true;
  });
  source.addEventListener("changed", () => {
    htmx.ajax("GET", location.pathname, { target: `#${part.id}`, select: `#${part.id} > *`, swap: "innerHTML" });
  });
}

// Streams of parts that are gone are closed, those of new parts opened; a page that nobody looks at has none.
function follow() {
  const shown = document.hidden ? [] : [...document.querySelectorAll("[data-live]")];
  for (const [part, source] of streams) {
    if (shown.includes(part)) continue;
    source.close();
    streams.delete(part);
  }
  for (const part of shown) if (!streams.has(part)) open(part);
}

document.addEventListener("visibilitychange", follow);
document.addEventListener("htmx:afterSettle", follow);
follow();
