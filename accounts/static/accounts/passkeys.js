// Passkeys: a form with data-passkey holds the options; what the authenticator answers is sent as its `credential`.
"use strict";

const toBytes = (text) => {
  const base64 = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
};
const toText = (buffer) => {
  const characters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(characters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};
const withBytes = (credential) => ({ ...credential, id: toBytes(credential.id) });

const read = (form) => {
  const options = JSON.parse(form.dataset.options);
  options.challenge = toBytes(options.challenge);
  if (options.user) options.user = withBytes(options.user);
  for (const name of ["allowCredentials", "excludeCredentials"]) {
    if (options[name]) options[name] = options[name].map(withBytes);
  }
  return options;
};

const write = (credential) => {
  const { response } = credential;
  const parts = {};
  for (const name of ["clientDataJSON", "authenticatorData", "signature", "userHandle", "attestationObject"]) {
    if (response[name]) parts[name] = toText(response[name]);
  }
  if (response.getTransports) parts.transports = response.getTransports();
  return JSON.stringify({ id: credential.id, rawId: toText(credential.rawId), type: credential.type, response: parts });
};

let waiting = new AbortController(); // of the autofill; a browser has one request at a time

const ask = async (form, mediation) => {
  waiting.abort();
  waiting = new AbortController();
  const options = { publicKey: read(form), signal: waiting.signal };
  if (mediation) options.mediation = mediation;
  const credential = await navigator.credentials[form.dataset.passkey](options);
  form.elements.credential.value = write(credential);
  form.submit();
};

const said = {
  cancelled: "That was cancelled, or took too long. Try again.",
  held: "This device holds a passkey for your account already.",
  failed: "That did not work. Try again, or another way.",
  ...document.currentScript.dataset,
};
const problems = { NotAllowedError: said.cancelled, InvalidStateError: said.held };
const tell = (form, error) => {
  if (error.name === "AbortError") return;
  form.querySelector("[role=alert]").textContent = problems[error.name] || said.failed;
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) break;
  form.hidden = false;
  document.querySelectorAll("[data-without-passkeys]").forEach((element) => { element.hidden = true; });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    form.querySelector("[role=alert]").textContent = "";
    ask(form).catch((error) => tell(form, error));
  });
  if ("autofill" in form.dataset) {
    Promise.resolve(PublicKeyCredential.isConditionalMediationAvailable?.())
      .then((available) => available && ask(form, "conditional"))
      .catch(() => {}); // it is an offer; the button tells what is wrong
  }
}
