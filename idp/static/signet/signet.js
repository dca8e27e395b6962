// Small comforts; every page works without them. Show a password, say that Caps Lock is on, copy a value, keep recovery
// codes, count down.
"use strict";

// In the language of the page, whose script element has them.
const words = {
  show: "Show",
  hide: "Hide",
  showPassword: "Show password",
  hidePassword: "Hide password",
  capsLock: "Caps Lock is on.",
  copy: "Copy",
  copied: "Copied",
  ...document.currentScript.dataset,
};

const button = (text, label) => {
  const element = document.createElement("button");
  Object.assign(element, { type: "button", className: "aside", textContent: text });
  element.setAttribute("aria-label", label);
  return element;
};

const wrap = (element, beside) => {
  const frame = document.createElement("span");
  frame.className = "beside";
  element.replaceWith(frame);
  frame.append(element, beside);
};

for (const input of document.querySelectorAll("input[type=password]")) {
  const focused = document.activeElement === input;
  const toggle = button(words.show, words.showPassword);
  const show = (visible) => {
    input.type = visible ? "text" : "password";
    toggle.textContent = visible ? words.hide : words.show;
    toggle.setAttribute("aria-label", visible ? words.hidePassword : words.showPassword);
  };
  toggle.addEventListener("click", () => show(input.type === "password"));
  input.form?.addEventListener("submit", () => show(false)); // browsers keep what was typed into a text field
  wrap(input, toggle);
  if (focused) input.focus();

  const caps = document.createElement("p");
  caps.className = "hint";
  caps.setAttribute("role", "status");
  input.parentElement.after(caps);
  const tell = (event) => {
    if (event.getModifierState) caps.textContent = event.getModifierState("CapsLock") ? words.capsLock : "";
  };
  for (const type of ["keydown", "keyup", "blur"]) input.addEventListener(type, tell);
}

const copies = (copy, text) => {
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text());
    copy.textContent = words.copied;
    copy.setAttribute("aria-label", words.copied);
  });
  return copy;
};
const copying = (value) => copies(button(words.copy, words.copy), () => value.textContent.trim());

if (navigator.clipboard) {
  for (const value of document.querySelectorAll("code.value")) wrap(value, copying(value));
  for (const block of document.querySelectorAll("pre.paste")) block.before(copying(block));
}

for (const print of document.querySelectorAll("[data-print]")) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}

for (const link of document.querySelectorAll("a[data-list]")) {
  const codes = [...document.querySelectorAll(".codes code")].map((code) => code.textContent);
  const text = `${[`${location.host}: ${link.dataset.list}`, "", ...codes].join("\n")}\n`;
  link.href = `data:text/plain;charset=utf-8,${encodeURIComponent(text)}`;
  link.hidden = false;
  for (const copy of navigator.clipboard ? document.querySelectorAll("[data-copies]") : []) {
    copies(copy, () => text).hidden = false;
  }
}

for (const clock of document.querySelectorAll("[data-seconds]")) {
  const end = Date.now() + clock.dataset.seconds * 1000;
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left < 1) return clock.parentElement.remove();
    clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    setTimeout(tick, 1000);
  };
  tick();
}
