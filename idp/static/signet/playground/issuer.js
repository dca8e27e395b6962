// For tokens of this issuer: the key's place in its schedule, which is public; and, asked for, what became of it.
import { action, badge, checklist, code, el, notice } from "./dom.js";
import { isOurs } from "./expected.js";

const TONES = { published: "info", signing: "success", verifying: "warning", revoked: "danger" };
const at = (id) => document.getElementById(id);
const day = (text) => new Date(text).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });

let schedule;
const keys = () => (schedule ??= fetch("/keys.json").then((answer) => answer.json()).then((answer) => answer.keys));

let shown = "";

export async function knowledge(token, header, claims, withSources) {
  at("ours").hidden = !isOurs(claims);
  if (!isOurs(claims) || shown === token) return;
  shown = token;
  at("known").replaceChildren();
  at("ask").replaceChildren(
    el("div", { class: "actions" }, action("Send it to its issuer and ask", () => ask(token, withSources))),
    el("p", { class: "quiet" }, "This sends the token to this server, which made it. It is checked, answered, and neither kept nor logged."));
  const key = (await keys()).find((one) => one.kid === header.kid);
  at("key").replaceChildren(key ? place(key) : notice("warning", "The schedule has no such key: it was never ours, or is long gone."));
}

const place = (key) =>
  el("dl", { class: "facts" },
    el("dt", {}, "Key"), el("dd", {}, code(key.kid.slice(0, 8)), ` ${key.alg} `, badge(TONES[key.state] ?? "", key.state)),
    el("dt", {}, "In its schedule"), el("dd", {}, `${key.why} `, el("a", { href: "/keys" }, "The timeline")),
    el("dt", {}, "Signs"), el("dd", {}, `${day(key.signs_from)} – ${day(key.signs_until)}, public until ${day(key.public_until)}`));

async function ask(token, withSources) {
  const csrf = document.querySelector("#paste [name=csrfmiddlewaretoken]").value;
  const answer = await fetch("/playground/jwt/status", { method: "POST", body: new URLSearchParams({ token, csrfmiddlewaretoken: csrf }) });
  if (!answer.headers.get("content-type")?.includes("json")) throw new Error("The server refused to answer. Reload the page and try again.");
  const found = await answer.json();
  if (found.problem) return at("known").replaceChildren(notice("warning", found.problem));
  at("known").replaceChildren(checklist(found.facts.map(({ name, good, text }) => ({ name, ok: good, rule: text }))));
  return withSources(found.sources);
}
