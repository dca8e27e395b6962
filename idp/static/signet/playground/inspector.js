// The inspector: decodes and checks in the browser. The token leaves it only by the button in issuer.js.
import { check } from "./checks.js";
import { checklist, el, notice } from "./dom.js";
import { about, expectations } from "./expected.js";
import { knowledge } from "./issuer.js";
import { disclosures, parse } from "./jwt.js";
import { report } from "./report.js";
import { config } from "./store.js";
import { decoded, editor } from "./token.js";

const at = (id) => document.getElementById(id);
const form = at("paste");
form.addEventListener("submit", (event) => event.preventDefault());

const { box, set } = editor("token", "Token", (text) => inspect(text.trim()));
const typed = form.elements.token.value;
form.querySelector(".field").replaceWith(box);

const life = ({ value }) => {
  const exp = value?.exp;
  if (typeof exp !== "number") return notice("warning", "It has no exp: if it is a token at all, it never dies.");
  const when = new Date(exp * 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
  if (exp * 1000 <= Date.now()) return notice("info", `Expired on ${when}.`);
  return notice("danger", el("strong", {}, "This token is alive."), ` Until ${when} it is a password: whoever has it can use it. Keep it out of chats, tickets and other people's pages.`);
};

let token = "";
let turn = 0;

async function inspect(text) {
  token = text;
  const { kind, header, claims } = parse(text);
  const readable = kind === "JWS" && header.value && claims.value;
  at("sections").hidden = !readable;
  at("decoded").replaceChildren(...(text ? decoded(text, config.meanings, {}) : []), ...selective(text));
  at("life").replaceChildren(...(text ? [said(kind, header, claims)] : []));
  if (!readable) return;
  about(at("expected"), header.value, claims.value, judge);
  knowledge(text, header.value, claims.value, (sources) => at("decoded").replaceChildren(...decoded(text, config.meanings, sources)));
  await judge();
}

function said(kind, header, claims) {
  if (kind === "JWE") return notice("info", el("strong", {}, "This is encrypted (JWE)."), " Only its header can be read here. The rest opens with the recipient's private key, which belongs in no page.");
  if (!kind) return notice("warning", "A JWT has three parts with dots between them, an encrypted one has five.");
  if (header.error) return notice("warning", `The header cannot be read: ${header.error}.`);
  return claims.error ? notice("warning", `The payload cannot be read: ${claims.error}.`) : life(claims);
}

function selective(text) {
  const found = disclosures(text);
  if (!found.length) return [];
  const rows = found.map(([, name, value]) => el("li", {}, el("strong", {}, name ?? ""), " ", el("code", {}, JSON.stringify(value))));
  return [el("h3", {}, "Disclosed beside it (SD-JWT)"), el("ul", {}, rows)];
}

async function judge() {
  const mine = ++turn;
  let rows;
  try {
    rows = await check(token, await expectations(token));
  } catch (error) {
    at("checks").replaceChildren(notice("danger", error.message));
    return;
  }
  if (mine !== turn) return; // something else was typed meanwhile
  const failed = rows.filter((row) => row.ok === false);
  const open = rows.filter((row) => row.ok === null);
  const [tone, words] = failed.length ? ["danger", `Refused: ${failed.map((row) => row.name).join(", ")}.`] : open.length ? ["warning", `Nothing is wrong, but not everything could be checked: ${open.map((row) => row.name).join(", ")}.`] : ["success", "It passes every check."];
  at("checks").replaceChildren(notice(tone, words), checklist(rows));
  report(at("report"), token, rows);
}

set(typed);
document.body.dataset.ready = "yes";
