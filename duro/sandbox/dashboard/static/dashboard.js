// Copy buttons, confirmations, and live updates. Every page works without this file.
"use strict";

const status = document.getElementById("live");

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyBySelection(text); // Without HTTPS, browsers offer the clipboard on loopback only.
  }
  button.classList.add("copied");
  announce("Copied");
  setTimeout(() => button.classList.remove("copied"), 1500);
});

function copyBySelection(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "unseen";
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) {
    event.preventDefault();
    return;
  }
  if (form.method !== "post") return;
  const button = event.submitter;
  // After this event: the value of a disabled button is not sent.
  setTimeout(() => {
    form.setAttribute("aria-busy", "true");
    if (button) button.disabled = true;
  });
});

// The browser's "back" shows the page as it was left.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[aria-busy]")) {
    form.removeAttribute("aria-busy");
    for (const button of form.querySelectorAll("button")) button.disabled = false;
  }
});

for (const control of document.querySelectorAll("[data-submit]")) {
  control.addEventListener("change", () => control.form.requestSubmit());
}

function announce(text) {
  if (status) status.textContent = text;
}

// A notice is shown once, and a reload must not ask for it again.
const address = new URL(location.href);
if (address.searchParams.has("notice")) {
  address.searchParams.delete("notice");
  history.replaceState(null, "", address);
}

// The current item of the navigation may be outside a narrow screen.
const current = document.querySelector(".sections [aria-current]");
if (current) {
  const list = current.closest(".sections");
  list.scrollLeft = current.offsetLeft - (list.clientWidth - current.offsetWidth) / 2;
}

const MIN_PAUSE = 1000; // milliseconds between two refreshes
const MAX_AGE = 30000; // milliseconds until relative times are refreshed

let source = null;
let isRefreshing = false;
let isStale = false;

async function refresh() {
  if (isRefreshing) {
    isStale = true;
    return;
  }
  isRefreshing = true;
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (response.ok) replaceParts(new DOMParser().parseFromString(await response.text(), "text/html"));
  } catch {
    // The sandbox has stopped. The stream reports its return.
  }
  setTimeout(() => {
    isRefreshing = false;
    if (isStale) {
      isStale = false;
      refresh();
    }
  }, MIN_PAUSE);
}

// Parts with a pointer or a focus inside keep both: only parts that differ are replaced.
function replaceParts(page) {
  // A form that was sent after a restart of the sandbox needs the present token.
  const token = page.querySelector("input[name=token]");
  if (token) for (const input of document.querySelectorAll("input[name=token]")) input.value = token.value;
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = page.getElementById(part.id);
    if (!next || next.innerHTML === part.dataset.source) continue;
    const source = next.innerHTML;
    if (part.dataset.source === undefined && source === part.innerHTML) continue;
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    if (focused && focused.matches("input, select, textarea")) continue;
    const position = focused ? focusable(part).indexOf(focused) : -1;
    const open = [...part.querySelectorAll("details[open][id]")].map((details) => details.id);
    part.replaceChildren(...document.importNode(next, true).childNodes);
    part.dataset.source = source;
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (position >= 0) focusable(part)[position]?.focus({ preventScroll: true });
  }
}

function focusable(part) {
  return [...part.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")];
}

function connect() {
  if (source || document.hidden || !document.querySelector("main [data-live]")) return;
  source = new EventSource("/_sandbox/live");
  source.addEventListener("open", () => {
    if (document.body.classList.contains("offline")) refresh();
    document.body.classList.remove("offline");
    announce("");
  });
  source.addEventListener("change", refresh);
  source.addEventListener("error", () => {
    document.body.classList.add("offline");
    announce("Waiting for the sandbox …");
    if (source.readyState === EventSource.CLOSED) {
      disconnect();
      setTimeout(connect, 5000);
    }
  });
}

function disconnect() {
  source?.close();
  source = null;
}

// A browser allows few connections to one server. Hidden pages leave theirs to the others.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    disconnect();
  } else {
    refresh();
    connect();
  }
});
window.addEventListener("pagehide", disconnect);
window.addEventListener("pageshow", connect);
setInterval(() => document.hidden || refresh(), MAX_AGE);
