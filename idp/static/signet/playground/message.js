// An exchange on the page: the request in four languages, and the answer as it came.
import { el, copier } from "./dom.js";
import { LANGUAGES } from "./snippets.js";

const JWT = /(eyJ[\w-]+)\.([\w-]*)\.([\w-]*)/g;

// Text with each token in it in its three colours.
export function coloured(text) {
  const nodes = [];
  let last = 0;
  for (const found of text.matchAll(JWT)) {
    nodes.push(text.slice(last, found.index), ...threeParts(found.slice(1)));
    last = found.index + found[0].length;
  }
  return [...nodes, text.slice(last)];
}

export const threeParts = (parts) =>
  parts.flatMap((part, at) => [at ? el("b", { class: "dot" }, ".") : "", el("span", { class: `part-${Math.min(at, 2)}` }, part)]);

const pretty = (body) => {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
};

const TELLING = ["content-type", "dpop-nonce", "www-authenticate"];
const block = (label, ...content) => el("pre", { tabindex: 0, role: "group", "aria-label": label }, el("code", {}, ...content));

export function message({ request, response }) {
  const shown = el("div", { class: "request" });
  const buttons = Object.keys(LANGUAGES).map((name) => el("button", { type: "button", onclick: () => choose(name) }, name));
  let text = "";
  const choose = (name) => {
    text = LANGUAGES[name](request);
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.textContent === name));
    shown.replaceChildren(block(`Request, ${name}`, ...coloured(text)));
  };
  choose("HTTP");
  const good = response.status < 400;
  const lines = response.headers.map(([name, value]) => el("span", { class: TELLING.includes(name) ? "" : "dim" }, `${name}: ${value}\n`));
  return el("div", { class: "message", "data-status": response.status },
    el("div", { class: "languages", role: "group", "aria-label": "Language of the request" }, buttons, copier(() => text)),
    shown,
    el("p", { class: `status ${good ? "success" : "danger"}` }, `HTTP/1.1 ${response.status} ${response.reason}`),
    block("Answer", lines, "\n", ...coloured(pretty(response.body))));
}
