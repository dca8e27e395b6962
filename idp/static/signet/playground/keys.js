// Signatures by WebCrypto: each JOSE algorithm, and the one kind of key that it takes (RFC 7518, RFC 8037).
import { base64url, bytesOf, fromBase64url } from "./encoding.js";

const rsa = (bits) => ({ kty: "RSA", key: { name: "RSASSA-PKCS1-v1_5", hash: `SHA-${bits}` } });
const pss = (bits) => ({ kty: "RSA", key: { name: "RSA-PSS", hash: `SHA-${bits}`, saltLength: bits / 8 } });
const ec = (bits, curve) => ({ kty: "EC", crv: curve, key: { name: "ECDSA", namedCurve: curve, hash: `SHA-${bits}` } });
const hmac = (bits) => ({ kty: "oct", key: { name: "HMAC", hash: `SHA-${bits}` } });
const ed = { kty: "OKP", crv: "Ed25519", key: { name: "Ed25519" } };

export const ALGORITHMS = {
  RS256: rsa(256), RS384: rsa(384), RS512: rsa(512),
  PS256: pss(256), PS384: pss(384), PS512: pss(512),
  ES256: ec(256, "P-256"), ES384: ec(384, "P-384"), ES512: ec(512, "P-521"),
  EdDSA: ed, Ed25519: ed,
  HS256: hmac(256), HS384: hmac(384), HS512: hmac(512),
};
export const OURS = ["RS256", "PS256", "ES256", "EdDSA"];

export const fits = (jwk, alg) => {
  const known = ALGORITHMS[alg];
  return Boolean(known) && jwk.kty === known.kty && (!known.crv || jwk.crv === known.crv) && [undefined, alg, ...(known === ed ? ["EdDSA", "Ed25519"] : [])].includes(jwk.alg);
};

const MEMBERS = ["kty", "crv", "x", "y", "n", "e", "k"];
const bare = (jwk) => Object.fromEntries(MEMBERS.filter((name) => name in jwk).map((name) => [name, jwk[name]]));
const importKey = (jwk, alg) => crypto.subtle.importKey("jwk", bare(jwk), ALGORITHMS[alg].key, true, ["verify"]);

export async function isGenuine(jwk, alg, input, signature) {
  const key = await importKey(jwk, alg);
  return crypto.subtle.verify(ALGORITHMS[alg].key, key, fromBase64url(signature), bytesOf(input));
}

const pairs = {};

// A key pair that lives as long as this page, for forging: the private half of ours is nowhere near a browser.
export function ownPair(alg) {
  const shape = { ...ALGORITHMS[alg].key, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
  return (pairs[alg] ??= crypto.subtle.generateKey(shape, true, ["sign", "verify"]));
}

export async function publicJwk(pair) {
  return bare(await crypto.subtle.exportKey("jwk", pair.publicKey));
}

export async function sign(pair, alg, input) {
  return base64url(await crypto.subtle.sign(ALGORITHMS[alg].key, pair.privateKey, bytesOf(input)));
}

export async function pemOf(jwk, alg) {
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", await importKey(jwk, alg)));
  const lines = btoa(String.fromCharCode(...spki)).match(/.{1,64}/g);
  return `-----BEGIN PUBLIC KEY-----\n${lines.join("\n")}\n-----END PUBLIC KEY-----\n`;
}

export async function hmacWith(secret, input) {
  const key = await crypto.subtle.importKey("raw", bytesOf(secret), ALGORITHMS.HS256.key, false, ["sign"]);
  return base64url(await crypto.subtle.sign("HMAC", key, bytesOf(input)));
}

// What somebody pasted: a JWKS, one JWK, a public key in PEM, or a shared secret. Gives JWKs; throws with a sentence.
export async function readKeys(text) {
  const pasted = text.trim();
  if (pasted.startsWith("{")) {
    const value = JSON.parse(pasted);
    const keys = Array.isArray(value.keys) ? value.keys : [value];
    if (!keys.every((key) => key?.kty)) throw new Error("This JSON is neither a JWKS nor a JWK.");
    return keys;
  }
  if (pasted.includes("PRIVATE KEY")) throw new Error("This is a private key. Never paste it anywhere; the public half is enough.");
  if (pasted.includes("BEGIN CERTIFICATE")) throw new Error("Take the public key out first: openssl x509 -pubkey -noout");
  if (pasted.includes("BEGIN PUBLIC KEY")) return [await fromPem(pasted)];
  return [{ kty: "oct", k: base64url(bytesOf(pasted)) }];
}

async function fromPem(pem) {
  const der = Uint8Array.from(atob(pem.replace(/-----[^-]+-----|\s/g, "")), (c) => c.charCodeAt(0));
  for (const alg of ["RS256", "ES256", "ES384", "ES512", "EdDSA"]) {
    try {
      const key = await crypto.subtle.importKey("spki", der, ALGORITHMS[alg].key, true, ["verify"]);
      return bare(await crypto.subtle.exportKey("jwk", key));
    } catch {
      continue; // another kind of key
    }
  }
  throw new Error("This public key is of a kind that the browser does not know.");
}
