// What a relying party must check, one row a rule, in the order in which a careful one does it.
// OIDC Core section 3.1.3.7, RFC 9068 section 4, RFC 8725.
import { base64url, fromBase64url } from "./encoding.js";
import { date, object, parse } from "./jwt.js";
import { ALGORITHMS, OURS, fits, isGenuine } from "./keys.js";

const LEEWAY = 30;
const TYPES = { id_token: ["JWT", undefined], access_token: ["at+jwt", "application/at+jwt"] };

const row = (name, ok, rule, found = "") => ({ name, ok, rule, found });
const same = (one, other) => one.toLowerCase() === other.toLowerCase();
const listed = (value) => (Array.isArray(value) ? value : [value]);

// expected: { kind, keys, issuer, audience, nonce, accessToken, algorithms }; nonce null says that none was sent.
// Gives rows with ok true, false, or null where nothing can be said.
export async function check(token, expected, now = Date.now() / 1000) {
  const algorithms = expected.algorithms ?? OURS;
  const rows = [];
  const { parts, header } = parse(token);
  const form = formOf(token, parts, header);
  rows.push(row("form", !form, "Three parts of base64url, the first of them JSON (RFC 7515 section 7.1).", form || "three parts"));
  if (form) return rows;
  const { alg, typ, kid, crit } = header.value;
  rows.push(row("alg", algorithms.includes(alg), `alg is on the reader's own list: ${algorithms.join(", ")}. Never none (RFC 8725 section 3.1).`, String(alg)));
  const types = TYPES[expected.kind];
  if (types) rows.push(row("typ", types.some((one) => (one === undefined ? typ === undefined : typeof typ === "string" && same(one, typ))), `typ is ${types[0]}: the kind of token that is wanted here (RFC 8725 section 3.11).`, typ === undefined ? "absent" : String(typ)));
  rows.push(row("crit", crit === undefined, "No extension that this reader does not know (RFC 7515 section 4.1.11).", crit === undefined ? "none" : JSON.stringify(crit)));
  rows.push(...(await signatureRows(parts, header.value, expected.keys, algorithms)));
  rows.push(...claimRows(parts[1], expected, now));
  if (expected.accessToken) rows.push(await hashRow(parts, alg, expected.accessToken));
  return rows.map((one) => ({ ...one, kid }));
}

function formOf(token, parts, header) {
  if (/\s/.test(token)) return "there are blanks in it";
  if (parts.length !== 3) return `${parts.length} parts`;
  if (header.error) return `header: ${header.error}`;
  try {
    parts.forEach(fromBase64url);
    return "";
  } catch (error) {
    return error.message;
  }
}

// Without a kid only where no choice is left.
function keyFor(keys, kid) {
  if (kid === undefined && keys.length === 1 && keys[0].kid === undefined) return keys[0];
  return keys.find((key) => key.kid === kid && kid !== undefined) ?? (keys.length === 1 && keys[0].kid === undefined ? keys[0] : undefined);
}

async function signatureRows([head, payload, signature], { alg, kid }, keys, algorithms) {
  if (!keys) return [row("kid", null, "kid names one of the issuer's keys.", "no keys at hand"), row("signature", null, "The signature is right.", "needs a key")];
  const key = keyFor(keys, kid);
  const named = row("kid", Boolean(key), "kid names one key of the issuer's JWKS, fetched from jwks_uri and nowhere else.", kid === undefined ? "absent" : String(kid));
  if (!key) return [named, row("signature", false, "The signature is right under that key.", "no key to check with")];
  let genuine = false;
  let found = "wrong";
  if (!algorithms.includes(alg) || !ALGORITHMS[alg]) found = "not computed: alg is not allowed";
  else if (!fits(key, alg)) found = `not computed: the key is for ${key.alg ?? key.kty}`;
  else {
    try {
      genuine = await isGenuine(key, alg, `${head}.${payload}`, signature);
      found = genuine ? "right" : "wrong";
    } catch {
      found = "the browser cannot check this algorithm";
    }
  }
  return [named, row("signature", genuine, `The signature over the first two parts is right under that key, by its algorithm (${key.alg ?? alg}).`, found)];
}

function claimRows(payload, expected, now) {
  let claims;
  try {
    claims = object(payload);
  } catch (error) {
    return [row("claims", false, "The payload is a JSON object.", error.message)];
  }
  const rows = [];
  if (expected.issuer) rows.push(row("iss", claims.iss === expected.issuer, `iss is ${expected.issuer}, letter by letter.`, String(claims.iss)));
  if (expected.audience) rows.push(row("aud", listed(claims.aud).includes(expected.audience), `aud has ${expected.audience}.`, listed(claims.aud).join(", ")));
  if (expected.audience && listed(claims.aud).length > 1 && expected.kind === "id_token") rows.push(row("azp", claims.azp === expected.audience, "With several audiences, azp is this app.", String(claims.azp)));
  const until = typeof claims.exp === "number";
  rows.push(row("exp", until && claims.exp > now - LEEWAY, "exp is in the future (half a minute of clock skew is usual).", until ? date(claims.exp) : "absent"));
  const early = ["iat", "nbf"].filter((name) => claims[name] !== undefined && !(claims[name] <= now + LEEWAY));
  rows.push(row("iat", !early.length, "iat and nbf are not in the future.", claims.iat === undefined ? "absent" : date(claims.iat)));
  if (expected.nonce === null) rows.push(row("nonce", null, "nonce is the one that was sent. None was, so a token of another sign-in cannot be told apart.", claims.nonce ?? "absent"));
  else if (expected.nonce !== undefined) rows.push(row("nonce", claims.nonce === expected.nonce, "nonce is the one that this browser sent.", claims.nonce ?? "absent"));
  return rows;
}

async function hashRow([, payload], alg, accessToken) {
  const rule = "at_hash is the left half of the access token's hash (OIDC Core section 3.1.3.6).";
  const hash = alg === "EdDSA" ? "SHA-512" : `SHA-${alg.slice(2)}`;
  try {
    const { at_hash: said } = object(payload);
    if (said === undefined) return row("at_hash", null, rule, "absent");
    const digest = new Uint8Array(await crypto.subtle.digest(hash, new TextEncoder().encode(accessToken)));
    return row("at_hash", base64url(digest.slice(0, digest.length / 2)) === said, rule, said);
  } catch {
    return row("at_hash", null, rule, "cannot be computed");
  }
}

export const firstFailure = (rows) => rows.find((one) => one.ok === false)?.name ?? "";
