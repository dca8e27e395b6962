// Carries a row of the tamper table out (idp/playground/tampering.json); tests/security does the same in Python.
import { encoded, fromBase64url, textOf } from "./encoding.js";
import { object } from "./jwt.js";
import { hmacWith, ownPair, pemOf, publicJwk, sign } from "./keys.js";

export async function forge(row, tokens, jwks) {
  let [header, payload, signature] = tokens[row.token ?? "access_token"].split(".");
  const original = object(header);
  const pair = await ownPair(original.alg);
  const key = jwks.find((one) => one.kid === original.kid);
  if (row.header) header = encoded(changed(original, row.header, await publicJwk(pair)));
  if (row.claims) payload = encoded({ ...object(payload), ...row.claims });
  if (row.prefix) payload = encoded(`{${row.prefix}${textOf(fromBase64url(payload)).slice(1)}`);
  if (row.payload_of) payload = tokens[row.payload_of].split(".")[1];
  if (row.flip === "payload") payload = flipped(payload);
  if (row.flip === "signature") signature = flipped(signature);
  const input = `${header}.${payload}`;
  if (row.sign === "drop") return input;
  if (row.sign === "empty") signature = "";
  if (row.sign === "own-key") signature = await sign(pair, original.alg, input);
  if (row.sign === "hmac-public-key") signature = await hmacWith(await pemOf(key, original.alg), input);
  return `${input}.${signature}${row.append ?? ""}`;
}

function changed(header, members, own) {
  const entries = Object.entries({ ...header, ...members }).filter(([, value]) => value !== null);
  return Object.fromEntries(entries.map(([name, value]) => [name, value === "$own" ? own : value]));
}

// In the middle, where each letter stands for six whole bits.
function flipped(part) {
  const at = Math.floor(part.length / 2);
  return part.slice(0, at) + (part[at] === "A" ? "B" : "A") + part.slice(at + 1);
}
