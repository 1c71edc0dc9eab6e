// Copy buttons, confirmations, and forms that are sent once. Every page works without this file.
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
