// Tells an app's page whether who is signed in here has changed (OpenID Connect Session Management 1.0 section 3.2).
// "error" where that can't be known: the browser keeps our cookie from this frame, or the message is none for us.
"use strict";

const name = `${document.currentScript.dataset.cookie}=`;

function browserState() {
  const pair = document.cookie.split("; ").find((each) => each.startsWith(name));
  return pair === undefined ? null : pair.slice(name.length);
}

async function sessionState(clientId, origin, state, salt) {
  const bytes = new TextEncoder().encode([clientId, origin, state, salt].join(" "));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") + "." + salt;
}

async function answer(message, origin) {
  const asked = /^([^ ]+) ([0-9a-f]{64}\.([A-Za-z0-9_-]+))$/.exec(message);
  const state = browserState();
  if (asked === null || state === null || !window.isSecureContext) return "error";
  const [, clientId, known, salt] = asked;
  return (await sessionState(clientId, origin, state, salt)) === known ? "unchanged" : "changed";
}

window.addEventListener("message", async (event) => {
  if (event.source === null || event.origin === "null") return; // nobody whom we could answer
  const status = typeof event.data === "string" ? await answer(event.data, event.origin) : "error";
  event.source.postMessage(status, event.origin);
});
