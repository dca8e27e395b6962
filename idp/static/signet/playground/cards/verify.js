// Card 6: what an app has to check of an ID token, done here by the browser's own cryptography.
import { action, checklist, code, el, notice, scroll } from "../dom.js";
import { check } from "../checks.js";
import { message } from "../message.js";
import { fetchKeys } from "../provider.js";
import { config, run } from "../store.js";

// A refreshed ID token carries no nonce (OIDC Core section 12.2).
const nonce = () => (run.get("refreshed") ? undefined : (run.get("sent")?.nonce ?? null));

export default function mount(stage) {
  const result = el("div", { "aria-live": "polite" });
  const verify = async () => {
    const exchange = await fetchKeys();
    const { id_token: token, access_token: beside } = run.get("tokens") ?? {};
    if (!token) return result.replaceChildren(notice("info", "Card 4 gets the ID token that is checked here."), message(exchange));
    const rows = await check(token, { kind: "id_token", keys: run.get("jwks"), issuer: config.issuer, audience: config.client_id, nonce: nonce(), accessToken: beside });
    const failed = rows.filter((one) => one.ok === false);
    const open = rows.filter((one) => one.ok === null);
    const words = failed.length ? ["danger", `Refused: ${failed.map((one) => one.name).join(", ")}.`] : open.length ? ["warning", `Nothing is wrong, but ${open.map((one) => one.name).join(", ")} cannot be checked.`] : ["success", "Every check passes: this app may sign the person in."];
    return result.replaceChildren(notice(...words), checklist(rows), table(run.get("jwks"), rows[0].kid), el("details", {}, el("summary", {}, "The message with the keys"), message(exchange)));
  };
  stage.append(el("div", { class: "actions" }, action("Fetch the keys and verify", verify, { primary: true })), result);
}

function table(keys, used) {
  const rows = keys.map((key) => el("tr", {}, el("th", { scope: "row" }, code(key.kid)), el("td", {}, key.alg), el("td", {}, key.kid === used ? "the one named by kid" : "")));
  return scroll("Keys", el("table", {}, el("caption", {}, "The public keys, for everybody. ", el("a", { href: "/keys" }, "Their schedule")), el("tbody", {}, rows)));
}
