// Elements made by script: text is always text, never markup.
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (name in element && name !== "list" && name !== "role") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

// A button that does one thing at a time, and says it when that failed.
export function action(label, run, { primary = false, danger = false, ...rest } = {}) {
  const button = el("button", { type: "button", class: primary ? "primary" : danger ? "danger" : "", ...rest }, label);
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await run(button);
    } catch (error) {
      button.after(notice("danger", error.message));
    } finally {
      button.disabled = false;
    }
  });
  return button;
}

export const notice = (tone, ...children) => el("p", { class: `notice ${tone}`, role: "status" }, ...children);
export const badge = (tone, text) => el("span", { class: `badge ${tone}` }, text);
export const code = (text) => el("code", {}, text);

export const scroll = (label, ...children) => el("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": label }, ...children);

export function copier(text) {
  if (!navigator.clipboard) return null;
  const button = el("button", { type: "button", class: "copy" }, "Copy");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text());
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  return button;
}

// true, false and null, as a mark and as a word for those who do not see it.
export const verdict = (ok) => {
  const [tone, sign, word] = ok === true ? ["success", "✓", "right"] : ok === false ? ["danger", "✗", "wrong"] : ["warning", "?", "open"];
  return el("span", { class: `verdict ${tone}` }, el("span", { "aria-hidden": "true" }, sign), el("span", { class: "visually-hidden" }, word));
};

export const checklist = (rows) =>
  el("ul", { class: "checks" }, rows.map((one) =>
    el("li", { "data-check": one.name, "data-ok": String(one.ok) }, verdict(one.ok), el("div", {}, el("p", {}, el("strong", {}, one.name), " ", one.found && code(one.found)), el("p", { class: "quiet" }, one.rule)))));
