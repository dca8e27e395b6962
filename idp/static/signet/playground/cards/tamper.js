// Card 7: each row of the tamper table, tried on the real token: what the browser's check says, and the real server.
import { action, checklist, el, notice, verdict } from "../dom.js";
import { check, firstFailure } from "../checks.js";
import { encoded } from "../encoding.js";
import { forge } from "../forge.js";
import { object } from "../jwt.js";
import { coloured, message } from "../message.js";
import { keys, userinfo } from "../provider.js";
import { config, run } from "../store.js";
import { header } from "../wire.js";

// As an API reads it, whose audience is the issuer itself.
async function judge(token) {
  const rows = await check(token, { kind: "access_token", keys: await keys(), issuer: config.issuer, audience: config.issuer });
  const exchange = await userinfo(`Bearer ${token}`);
  return { rows, exchange };
}

const summary = ({ rows, exchange }) => {
  const failed = firstFailure(rows);
  const refused = exchange.response.status === 401;
  return [
    el("span", { class: "side", "data-browser": failed }, verdict(!failed), failed ? ` refused: ${failed}` : " accepted"),
    el("span", { class: "side", "data-server": exchange.response.status }, verdict(!refused), ` ${exchange.response.status} ${refused ? "invalid_token" : exchange.response.reason}`),
  ];
};

const details = (token, { rows, exchange }) =>
  el("details", {}, el("summary", {}, "Token, checks and answer"),
    el("pre", { tabindex: 0, role: "group", "aria-label": "Forged token", class: "wrap" }, el("code", {}, coloured(token))),
    checklist(rows), el("p", {}, "WWW-Authenticate: ", el("code", {}, header(exchange, "www-authenticate") || "none")), message(exchange));

async function attempt(item, row) {
  const tokens = run.get("tokens");
  if (!tokens) throw new Error("Card 4 gets the token that is forged here.");
  const token = await forge(row, tokens, await keys());
  const found = await judge(token);
  item.querySelector(".outcome").replaceChildren(...summary(found), details(token, found));
  if (!run.get("tampered")) run.set({ tampered: true });
  return Number(firstFailure(found.rows) !== "" && found.exchange.response.status === 401);
}

export default function mount(stage) {
  const items = config.forgeries.map((row) => {
    const item = document.getElementById(`forgery-${row.id}`);
    item.querySelector(".try").append(action("Try", () => attempt(item, row), { "aria-label": `Try: ${item.querySelector("h3").textContent}` }));
    return [item, row];
  });
  const all = async () => {
    let refused = 0;
    for (const [item, row] of items) refused += await attempt(item, row);
    result.replaceChildren(notice(refused === items.length ? "success" : "danger", `${items.length} forgeries, ${refused} of them refused by both judges.`));
  };
  const genuine = async () => {
    const { access_token: token } = run.get("tokens") ?? {};
    if (!token) throw new Error("Card 4 gets a token first.");
    const found = await judge(token);
    result.replaceChildren(el("p", { class: "outcome" }, ...summary(found)), details(token, found));
  };
  const result = el("div", { "aria-live": "polite", id: "genuine" });
  stage.append(el("div", { class: "actions" }, action("Try all", all, { primary: true }), action("First, the real token", genuine)), result, own());
}

function own() {
  const field = el("textarea", { id: "own-payload", spellcheck: false, rows: 10 });
  const outcome = el("div", { "aria-live": "polite", class: "outcome" });
  const fill = () => {
    const tokens = run.get("tokens");
    if (tokens) field.value = JSON.stringify(object(tokens.access_token.split(".")[1]), null, 2);
  };
  const send = async () => {
    const tokens = run.get("tokens");
    if (!tokens) throw new Error("Card 4 gets a token first.");
    const [head, , signature] = tokens.access_token.split(".");
    const token = `${head}.${encoded(JSON.stringify(JSON.parse(field.value)))}.${signature}`;
    const found = await judge(token);
    outcome.replaceChildren(...summary(found), details(token, found));
  };
  run.watch(["tokens"], fill);
  return el("details", {}, el("summary", {}, "A change of your own"),
    el("div", { class: "field wide-field" }, el("label", { htmlFor: "own-payload" }, "Payload of the access token"), field),
    el("div", { class: "actions" }, action("Send it", send), action("As it was", fill)), outcome);
}
