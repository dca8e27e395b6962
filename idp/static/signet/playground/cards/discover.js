// Card 1: where everything is.
import { action, code, el, scroll } from "../dom.js";
import { message } from "../message.js";
import { discover } from "../provider.js";
import { json } from "../wire.js";

const USED = {
  issuer: "compared with iss in cards 3 and 6",
  authorization_endpoint: "where card 3 sends the browser",
  token_endpoint: "cards 4, 8 and 9 trade there",
  jwks_uri: "card 6 fetches the keys there",
  userinfo_endpoint: "the API of cards 7 and 8",
  end_session_endpoint: "card 10 ends the session there",
  code_challenge_methods_supported: "card 2 computes one of these",
  id_token_signing_alg_values_supported: "the ID token of card 6 is signed by one of these",
};

export default function mount(stage) {
  const result = el("div", { "aria-live": "polite" });
  const run = async () => {
    const exchange = await discover();
    const rows = Object.entries(json(exchange)).filter(([name]) => USED[name]).map(([name, value]) =>
      el("tr", {}, el("th", { scope: "row" }, code(name)), el("td", {}, code([].concat(value).join(" "))), el("td", {}, USED[name])));
    result.replaceChildren(
      scroll("What is used of it", el("table", {}, el("caption", {}, "What this page uses of it"), el("tbody", {}, rows))),
      el("details", {}, el("summary", {}, "The whole message"), message(exchange)));
  };
  stage.append(el("div", { class: "actions" }, action("Fetch the discovery document", run, { primary: true })), result);
}
