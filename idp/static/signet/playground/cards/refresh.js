// Card 9: a refresh token is good once; one that turns up again was stolen, and ends the family.
import { action, el, notice } from "../dom.js";
import { message } from "../message.js";
import { keep, token, userinfo } from "../provider.js";
import { config, run } from "../store.js";

const use = (refresh_token) => token({ grant_type: "refresh_token", client_id: config.client_id, refresh_token });

export default function mount(stage) {
  const line = el("ol", { class: "family" });
  const result = el("div", { "aria-live": "polite" });
  const draw = () => {
    const family = run.get("generations") ?? [];
    const dead = run.get("dead");
    line.replaceChildren(...family.map((one, at) => el("li", { class: dead ? "dead" : at === family.length - 1 ? "newest" : "used" },
      el("code", {}, `…${one.slice(-6)}`), dead ? " ended" : at === family.length - 1 ? " the newest" : " used")));
  };
  const rotate = async () => {
    const exchange = await use(current());
    if (keep(exchange)) run.set({ refreshed: true, generations: [...run.get("generations"), run.get("tokens").refresh_token] });
    result.replaceChildren(message(exchange), exchange.response.status === 200 ? notice("success", "A new access token, a new ID token (without nonce), and a new refresh token. The one that was sent is used up.") : notice("danger", "Refused: this family has ended."));
  };
  const retry = async () => {
    const family = run.get("generations") ?? [];
    if (family.length < 2) throw new Error("Refresh once, then retry with the one before.");
    const exchange = await use(family.at(-2));
    const good = keep(exchange);
    if (!good) await ended(exchange, "That was too late for a retry, so it counts as theft.");
    else result.replaceChildren(message(exchange), notice("info", `An app whose answer got lost asks again. Within ${config.grace_seconds} seconds, and while the successor is unused, it gets the same successor, so nobody is signed out by a bad connection.`));
  };
  const steal = async () => {
    const family = run.get("generations") ?? [];
    if (family.length < 3) throw new Error("Refresh twice first, so that there is one that is surely used up.");
    await ended(await use(family[0]), "Somebody used a token that was traded in long ago. It was copied, and the provider cannot tell who is the thief. So everybody is out: every token of this sign-in is dead, the newest too. Here is userinfo with the newest access token:");
  };
  const ended = async (exchange, words) => {
    const after = await userinfo(`Bearer ${run.get("tokens").access_token}`);
    if (after.response.status === 401) run.set({ dead: "A used refresh token turned up again, so the provider ended the whole family." });
    result.replaceChildren(message(exchange), notice("warning", words), message(after));
  };
  stage.append(line, el("div", { class: "actions" }, action("Refresh", rotate, { primary: true }), action("Retry with the one before", retry), action("As a thief: the first one", steal, { danger: true })), result);
  run.watch(["generations", "dead"], draw);
}

function current() {
  const { refresh_token } = run.get("tokens") ?? {};
  if (!refresh_token) throw new Error("Card 4 gets a refresh token first.");
  return refresh_token;
}
