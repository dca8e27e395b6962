// A token as one reads it: three colours, decoded while one types, each member explained.
import { el, scroll } from "./dom.js";
import { threeParts } from "./message.js";
import { date, isTime, parse } from "./jwt.js";

const NAMES = ["header", "payload", "signature"];
const JWE_NAMES = ["header", "encrypted key", "initialisation vector", "ciphertext", "tag"];

const legend = (kind) => el("p", { class: "legend" }, (kind === "JWE" ? JWE_NAMES : NAMES).map((name, at) => el("span", { class: `part-${Math.min(at, 2)}` }, name)));

const shownValue = (name, value) => {
  const text = JSON.stringify(value);
  return isTime(name) && typeof value === "number" ? [el("code", {}, text), el("small", {}, date(value))] : [el("code", {}, text)];
};

function members(part, title, decoded, meanings, sources) {
  const caption = el("h3", { class: `part-${part}` }, title);
  if (decoded.error) return el("section", { class: `decoded edge-${part}` }, caption, el("p", { class: "quiet" }, `Cannot be read: ${decoded.error}.`));
  const rows = Object.entries(decoded.value ?? {}).map(([name, value]) => {
    const [text, source] = meanings[name] ?? ["Not one that we know; its issuer can tell.", ""];
    const from = sources?.[name] ?? source;
    return el("tr", { "data-claim": name }, el("th", { scope: "row" }, name), el("td", {}, shownValue(name, value)), el("td", {}, text, (sources || from !== "the provider") && from && el("small", {}, `From ${from}.`)));
  });
  const head = el("thead", {}, el("tr", {}, ["Name", "Value", "Meaning"].map((text) => el("th", { scope: "col" }, text))));
  return el("section", { class: `decoded edge-${part}` }, caption, scroll(title, el("table", { class: "claims" }, head, el("tbody", {}, rows))));
}

export function decoded(token, meanings, sources) {
  const { kind, header, claims, parts } = parse(token);
  const out = [legend(kind), members(0, "Header", header, meanings.header)];
  if (kind !== "JWE") out.push(members(1, "Payload", claims, meanings.claims, sources));
  if (kind === "JWS") out.push(el("section", { class: "decoded edge-2" }, el("h3", { class: "part-2" }, "Signature"),
    el("p", {}, parts[2] ? `${Math.floor(parts[2].length * 3 / 4)} bytes over everything before the last dot. They say nothing by themselves: whether they are right only a key can tell.` : "None.")));
  return out;
}

// A text field over its own coloured copy: what is typed is coloured at once.
export function editor(id, label, onchange) {
  const field = el("textarea", { id, spellcheck: false, autocomplete: "off", autocapitalize: "off", rows: 6 });
  const mirror = el("div", { class: "mirror", "aria-hidden": "true" });
  const draw = () => {
    mirror.replaceChildren(...threeParts(field.value.split(".")), "\n");
    onchange(field.value);
  };
  field.addEventListener("input", draw);
  const box = el("div", { class: "field token-field" }, el("label", { htmlFor: id }, label), el("div", { class: "token-editor" }, mirror, field));
  return { box, field, set: (text) => { field.value = text; draw(); } };
}
