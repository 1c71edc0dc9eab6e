// Live updates: after a change, the page loads itself again and replaces the parts that differ.
"use strict";

const MIN_PAUSE = 1000; // milliseconds between two refreshes
const MAX_AGE = 30000; // milliseconds until relative times are refreshed
const RETRY_PAUSE = 5000; // milliseconds after a refused stream
const MAX_SILENCE = 2500; // milliseconds without a stream until the page says so
const NAME = "duro-sandbox-live";

const hasContents = document.querySelector("main [data-live]") !== null;
let version = document.body.dataset.version; // of the sandbox, when the page was rendered
let isRefreshing = false;
let isStale = false;

async function refresh() {
  // A hidden page refreshes when it is visible again.
  if (document.hidden || !hasContents) return;
  if (isRefreshing) {
    isStale = true;
    return;
  }
  isRefreshing = true;
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    // A reset has deleted what the page shows.
    if (response.status === 404) location.replace(response.url);
    if (response.ok) isStale = replaceParts(new DOMParser().parseFromString(await response.text(), "text/html"));
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

// Returns whether a part is out of date, because a person uses it at the moment.
function replaceParts(page) {
  version = page.body.dataset.version;
  // A form that was sent after a restart of the sandbox needs the present token.
  const token = page.querySelector("input[name=token]");
  if (token) for (const input of document.querySelectorAll("input[name=token]")) input.value = token.value;
  let isPostponed = false;
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = page.getElementById(part.id);
    if (!next || next.innerHTML === (part.dataset.source ?? part.innerHTML)) continue;
    if (isInUse(part)) isPostponed = true;
    else replacePart(part, next);
  }
  return isPostponed;
}

// A press that ends on another element is not a click, and a selection ends with its text.
function isInUse(part) {
  const focused = document.activeElement;
  if (part.contains(focused) && focused.matches("input, select, textarea")) return true;
  if (part.matches(":active") || part.querySelector("form[aria-busy]")) return true;
  const selection = document.getSelection();
  return !selection.isCollapsed && selection.containsNode(part, true);
}

// Focus, scroll positions and open details stay with the same link, button, table or text, wherever it is now.
function replacePart(part, next) {
  const focused = part.contains(document.activeElement) ? describe(part, document.activeElement) : null;
  const open = [...part.querySelectorAll("details[open][id]")].map((details) => details.id);
  const boxes = [...part.querySelectorAll(".sheet, pre")].filter((box) => box.scrollLeft || box.scrollTop);
  const scrolled = boxes.map((box) => [describe(part, box), box.scrollLeft, box.scrollTop]);
  const anchor = findAnchor(part);
  part.dataset.source = next.innerHTML;
  part.replaceChildren(...document.importNode(next, true).childNodes);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  for (const [description, left, top] of scrolled) find(part, description)?.scrollTo(left, top);
  if (focused) (find(part, focused) ?? document.getElementById("main")).focus({ preventScroll: true });
  const anchored = anchor && find(part, anchor.description);
  if (anchored) window.scrollBy(0, anchored.getBoundingClientRect().top - anchor.top);
}

// First control that a reader sees of a part whose beginning is above the window.
function findAnchor(part) {
  if (part.getBoundingClientRect().top >= 0) return null;
  for (const control of part.querySelectorAll("a[href], button")) {
    const top = control.getBoundingClientRect().top;
    if (top >= 0) return { description: describe(part, control), top };
  }
  return null;
}

// Name of an element, and its number among those with this name. A row may get others above it.
function describe(part, element) {
  const name = nameOf(element);
  return { name, number: findAll(part, name).indexOf(element) };
}

function find(part, { name, number }) {
  return findAll(part, name)[number];
}

function findAll(part, name) {
  return [...part.querySelectorAll("a[href], button, summary, .sheet, pre, [tabindex]")].filter(
    (element) => nameOf(element) === name,
  );
}

function nameOf(element) {
  const attributes = ["id", "href", "data-copy", "name", "value", "aria-label", "aria-labelledby"];
  const action = element.form?.getAttribute("action");
  return [element.localName, action, ...attributes.map((name) => element.getAttribute(name))].join("\n");
}

// A browser opens six connections to a server, and a stream keeps one of them. All visible pages share the stream of
// one page, which holds a lock. Browsers offer locks on loopback and with HTTPS only.
const channel = new BroadcastChannel(NAME);
let disconnect = null;
let latest = ""; // version that the stream of this page has reported

function connect() {
  if (disconnect || document.hidden || !hasContents) return;
  const controller = new AbortController();
  const { signal } = controller;
  disconnect = () => {
    disconnect = null;
    controller.abort();
  };
  if (!navigator.locks) {
    keepStream(signal);
    return;
  }
  channel.postMessage({ kind: "join" });
  navigator.locks
    .request(NAME, { signal }, () => keepStream(signal))
    .catch((error) => {
      if (error.name !== "AbortError") throw error;
    });
}

// Resolves when the page is hidden or left.
function keepStream(signal) {
  let source = null;
  let retry = 0;
  let silence = 0;
  const open = () => {
    source = new EventSource("/_sandbox/live");
    source.addEventListener("open", () => {
      clearTimeout(silence);
      silence = 0;
      report({ kind: "online" });
    });
    source.addEventListener("change", (event) => {
      latest = event.data;
      report({ kind: "change", version: latest });
    });
    source.addEventListener("error", () => {
      // A refused stream is not opened again by the browser. One that has ended is, and most are open at once.
      if (source.readyState === EventSource.CLOSED) retry = setTimeout(open, RETRY_PAUSE);
      else silence ||= setTimeout(report, MAX_SILENCE, { kind: "offline" });
    });
  };
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => {
      clearTimeout(retry);
      clearTimeout(silence);
      source.close();
      latest = "";
      resolve();
    });
    open();
  });
}

function report(message) {
  channel.postMessage(message);
  onReport(message);
}

function onReport(message) {
  if (!disconnect) return;
  if (message.kind === "join") {
    if (latest) channel.postMessage({ kind: "change", version: latest });
  } else if (message.kind === "change") {
    if (message.version !== version) refresh();
  } else {
    setOffline(message.kind === "offline");
  }
}

function setOffline(isOffline) {
  const wasOffline = document.body.classList.contains("offline");
  if (isOffline === wasOffline) return;
  document.body.classList.toggle("offline", isOffline);
  announce(isOffline ? "Waiting for the sandbox …" : "");
  // A sandbox that was started again may have other contents with the same version.
  if (wasOffline) refresh();
}

channel.addEventListener("message", (event) => onReport(event.data));
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    disconnect?.();
  } else {
    refresh();
    connect();
  }
});
window.addEventListener("pagehide", () => disconnect?.());
window.addEventListener("pageshow", connect);
setInterval(refresh, MAX_AGE);
