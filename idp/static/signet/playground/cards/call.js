// Card 8: an API call by whoever holds the token, and by nobody but the holder of a key.
import { action, el, notice } from "../dom.js";
import { newKey, proof } from "../dpop.js";
import { message } from "../message.js";
import { discovery, keep, token, userinfo } from "../provider.js";
import { config, run } from "../store.js";
import { header } from "../wire.js";

const access = () => {
  const tokens = run.get("tokens");
  if (!tokens) throw new Error("Card 4 gets a token first.");
  return tokens.access_token;
};

let pair;
let bound = "";
let lastProof = "";

async function bind() {
  const { refresh_token } = run.get("tokens") ?? {};
  if (!refresh_token) throw new Error("Card 4 gets a token first.");
  pair = await newKey();
  const exchange = await token({ grant_type: "refresh_token", client_id: config.client_id, refresh_token }, (request) => proof(pair, request));
  if (keep(exchange)) {
    bound = run.get("tokens").access_token;
    run.set({ refreshed: true, generations: [...(run.get("generations") ?? []), run.get("tokens").refresh_token] });
  }
  return exchange;
}

async function withProof(key) {
  if (!bound) throw new Error("First get a token that is bound to a key.");
  const { userinfo_endpoint: url } = await discovery();
  const once = async (nonce) => {
    lastProof = await proof(key, { method: "GET", url, accessToken: bound, nonce });
    return userinfo(`DPoP ${bound}`, { DPoP: lastProof });
  };
  const exchange = await once();
  return header(exchange, "www-authenticate").includes("use_dpop_nonce") ? once(header(exchange, "dpop-nonce")) : exchange;
}

export default function mount(stage) {
  const plain = el("div", { "aria-live": "polite" });
  const tied = el("div", { "aria-live": "polite" });
  const into = (box, request, words) => async () => {
    box.replaceChildren(message(await request()), notice("info", words));
    run.set({ called: true });
  };
  const as = (label, box, request, words, options) => action(label, into(box, request, words), options);
  stage.append(
    el("h3", {}, "Bearer: whoever has it"),
    el("div", { class: "actions" },
      as("Call userinfo", plain, () => userinfo(`Bearer ${access()}`), "Nobody asked who sent the token. A bearer token is like cash, which is why it lives for minutes only.", { primary: true }),
      as("Without a token", plain, () => userinfo(), "The answer says what was missing, in WWW-Authenticate (RFC 6750 section 3).")),
    plain,
    el("h3", {}, "DPoP: only the holder of a key"),
    el("p", {}, "The browser makes a key pair and proves it while it refreshes. The new access token names the key (", el("code", {}, "cnf"), "), and each call has to bring a fresh proof by it (RFC 9449)."),
    el("div", { class: "actions" },
      as("Get a bound token", tied, bind, "token_type is DPoP. The private half of the key cannot leave this browser, not even by a script on this page. A reload throws it away.", { primary: true }),
      as("Call with a proof", tied, () => withProof(pair), "The proof is for this method, this address, this token, this minute, and good once."),
      as("As a thief: as Bearer", tied, async () => userinfo(`Bearer ${bound || access()}`), bearerWords()),
      as("As a thief: with another key", tied, async () => withProof(await newKey()), "A right proof, by the wrong key: the token says whose it is."),
      as("As a thief: the same proof again", tied, () => { if (!lastProof) throw new Error("First call with a proof."); return userinfo(`DPoP ${bound}`, { DPoP: lastProof }); }, "Each proof is taken once (jti), over all nodes of the server.")),
    tied);
}

const bearerWords = () => "A bound token is refused without its proof. Had it been a plain one, the thief were in.";
