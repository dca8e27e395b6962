// DPoP proofs (RFC 9449 section 4.2): this very request, by the holder of this key.
import { base64url, encoded, random, sha256 } from "./encoding.js";
import { publicJwk, sign } from "./keys.js";

const EC = { name: "ECDSA", namedCurve: "P-256" };

// The private half cannot be exported, so not even a script on this page could carry it away.
export const newKey = () => crypto.subtle.generateKey(EC, false, ["sign"]);

export async function proof(pair, { method, url, accessToken, nonce }) {
  const header = { typ: "dpop+jwt", alg: "ES256", jwk: await publicJwk(pair) };
  const claims = { jti: random(12), htm: method, htu: url, iat: Math.floor(Date.now() / 1000) };
  if (accessToken) claims.ath = base64url(await sha256(accessToken));
  if (nonce) claims.nonce = nonce;
  const input = `${encoded(header)}.${encoded(claims)}`;
  return `${input}.${await sign(pair, "ES256", input)}`;
}
