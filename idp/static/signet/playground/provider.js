// What the cards ask the provider for, each time over the wire.
import { config, run } from "./store.js";
import { header, json, send } from "./wire.js";

export async function discovery() {
  if (!run.get("discovery")) await discover();
  return run.get("discovery");
}

export async function discover() {
  const exchange = await send({ url: `${config.issuer}/.well-known/openid-configuration` });
  run.set({ discovery: json(exchange) });
  return exchange;
}

export async function fetchKeys() {
  const { jwks_uri: url } = await discovery();
  const exchange = await send({ url });
  run.set({ jwks: json(exchange).keys });
  return exchange;
}

export async function keys() {
  if (!run.get("jwks")) await fetchKeys();
  return run.get("jwks");
}

// Some providers, and ours when so set, want a value of theirs in each proof: asked once, then given.
export async function token(form, prove) {
  const { token_endpoint: url } = await discovery();
  const once = async (nonce) => send({ method: "POST", url, form, headers: prove ? { DPoP: await prove({ method: "POST", url, nonce }) } : {} });
  const exchange = await once();
  return json(exchange).error === "use_dpop_nonce" ? once(header(exchange, "dpop-nonce")) : exchange;
}

export async function userinfo(authorization, extra = {}) {
  const { userinfo_endpoint: url } = await discovery();
  return send({ url, headers: { ...(authorization && { Authorization: authorization }), ...extra } });
}

// What an answer of the token endpoint gives is kept; an ID token stays when a refresh brings none.
export function keep(exchange) {
  const answer = json(exchange);
  if (!answer.access_token) return false;
  run.set({ tokens: { ...run.get("tokens"), ...answer }, dead: "" });
  return true;
}
