// What one may show around: the decoded token and its checks without the signature; and code that checks the next one.
import { copier, el } from "./dom.js";
import { parse } from "./jwt.js";
import { config } from "./store.js";

const MARK = { true: "[x]", false: "[ ] REFUSED", null: "[?]" };

export function text(token, rows) {
  const { header, claims } = parse(token);
  return [
    "# Token report",
    `Made by ${config.issuer} on ${new Date().toISOString()}. The signature is left out: this is no token.`,
    "", "## Header", JSON.stringify(header.value, null, 2),
    "", "## Payload", JSON.stringify(claims.value, null, 2),
    "", "## Checks", ...rows.map(({ name, ok, rule, found }) => `- ${MARK[ok]} ${name}: ${found}. ${rule}`),
  ].join("\n");
}

const python = (alg, issuer, audience) => `import jwt  # PyJWT, with its extra "crypto"

keys = jwt.PyJWKClient("${issuer}/.well-known/jwks.json")


def claims_of(token):
    key = keys.get_signing_key_from_jwt(token)
    return jwt.decode(
        token, key, algorithms=["${alg}"], issuer="${issuer}", audience="${audience}",
        options={"require": ["exp", "iat", "sub"]},
    )`;

const node = (alg, issuer, audience, typ) => `import { createRemoteJWKSet, jwtVerify } from 'jose'

const keys = createRemoteJWKSet(new URL('${issuer}/.well-known/jwks.json'))

export const claimsOf = async token => (await jwtVerify(token, keys, {
  algorithms: ['${alg}'], issuer: '${issuer}', audience: '${audience}', typ: '${typ}',
})).payload`;

// Only what cannot end the string that it is put into.
const plain = (value) => String(value).replace(/[^\w.:/@~+ -]/g, "");

export function report(box, token, rows) {
  const { header, claims } = parse(token);
  const report = text(token, rows);
  const parts = [["Report", report]];
  if (claims.value.iss === config.issuer) {
    const facts = [header.value.alg, config.issuer, [].concat(claims.value.aud ?? "")[0], header.value.typ].map(plain);
    parts.push(["Check it in Python (PyJWT)", python(...facts)], ["Check it in JavaScript (jose)", node(...facts)]);
  }
  box.replaceChildren(...parts.map(([title, content], at) =>
    el("details", { open: at === 0, "data-part": title }, el("summary", {}, title),
      el("pre", { class: at ? "" : "wrap", tabindex: 0, role: "group", "aria-label": title }, el("code", {}, content)),
      el("div", { class: "actions" }, copier(() => content)))));
}
