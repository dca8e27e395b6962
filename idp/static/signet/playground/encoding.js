// Bytes as JOSE and PKCE write them: base64url without padding (RFC 7515 section 2), SHA-256, randomness.
export const bytesOf = (text) => new TextEncoder().encode(text);
export const textOf = (bytes) => new TextDecoder("utf-8", { fatal: true }).decode(bytes);

export const base64url = (bytes) =>
  btoa(Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join(""))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

// Strict: a text that is not exactly what an encoder writes is refused, or one token had several spellings.
export function fromBase64url(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new Error("letters that base64url does not have");
  if (text.length % 4 === 1) throw new Error("cut off: no base64url has this length");
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  if (base64url(bytes) !== text) throw new Error("not the shortest spelling");
  return bytes;
}

export const encoded = (value) => base64url(bytesOf(typeof value === "string" ? value : JSON.stringify(value)));
export const sha256 = async (text) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytesOf(text)));
export const random = (bytes) => base64url(crypto.getRandomValues(new Uint8Array(bytes)));
