// What an app expects of the token: its own id, its nonce, and for other issuers their name and their keys.
import { el } from "./dom.js";
import { parse } from "./jwt.js";
import { ALGORITHMS, OURS, readKeys } from "./keys.js";
import { config } from "./store.js";

const KINDS = { "at+jwt": "access_token", jwt: "id_token" };
const FOREIGN = Object.keys(ALGORITHMS).filter((name) => !name.startsWith("HS"));
const SECRET = ["HS256", "HS384", "HS512"];

let jwks;
const ourKeys = () => (jwks ??= fetch("/.well-known/jwks.json").then((answer) => answer.json()).then(({ keys }) => keys));

export const isOurs = (claims) => claims.iss === config.issuer;
export const kindOf = (header, claims) => (isOurs(claims) ? KINDS[String(header.typ).toLowerCase()] : undefined);

const field = (id, label, hint, value, oninput, tag = "input") => {
  const input = el(tag, { id, value, spellcheck: false, autocomplete: "off", "aria-describedby": `${id}-hint`, ...(tag === "textarea" && { class: "mono", rows: 5 }) });
  input.addEventListener("input", oninput);
  return el("div", { class: tag === "textarea" ? "field wide-field" : "field" }, el("label", { htmlFor: id }, label), input, el("p", { class: "hint", id: `${id}-hint` }, hint));
};

const valueOf = (id) => document.getElementById(id)?.value.trim() ?? "";

let drawn = "";

// The form, made anew only when the token is of another issuer or audience: what was typed stays.
export function about(box, header, claims, changed) {
  const first = String([].concat(claims.aud ?? "")[0] ?? "");
  const issuer = String(claims.iss ?? "");
  if (drawn === `${issuer} ${first}`) return;
  drawn = `${issuer} ${first}`;
  const fields = el("div", { class: "columns" },
    field("expected-audience", "Audience", "Your client id, or your API's name. It is filled in from the token; yours may differ.", first, changed),
    field("expected-nonce", "Nonce", "What your app sent. Empty: not checked.", "", changed));
  box.replaceChildren(fields);
  if (isOurs(claims)) return;
  fields.append(field("expected-issuer", "Issuer", "Whom your app trusts.", issuer, changed));
  box.append(field("expected-keys", "Keys of that issuer", "A JWKS, a JWK, a public key in PEM, or for HS256 the shared secret. They stay here too.", "", changed, "textarea"));
}

export async function expectations(token) {
  const { header, claims } = parse(token);
  const own = isOurs(claims.value);
  const pasted = valueOf("expected-keys");
  const keys = own ? await ourKeys() : pasted ? await readKeys(pasted) : null;
  return {
    kind: kindOf(header.value, claims.value),
    keys,
    algorithms: own ? OURS : keys?.some((key) => key.kty === "oct") ? SECRET : FOREIGN,
    issuer: own ? config.issuer : valueOf("expected-issuer"),
    audience: valueOf("expected-audience"),
    nonce: valueOf("expected-nonce") || undefined,
  };
}
