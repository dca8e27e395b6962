// Card 2: three random values, made before one's eyes, each of which can be left out to see what that does.
import { action, el } from "../dom.js";
import { base64url, random, sha256 } from "../encoding.js";
import { run } from "../store.js";

const fresh = () => ({ verifier: random(32), state: random(16), nonce: random(16) });
const WHY = {
  verifier: "A secret of this browser. Only its hash goes out now; the secret itself is shown when the code is traded. Whoever steals the code on its way has no use for it (RFC 7636).",
  state: "Comes back with the answer. If it is not the same, the answer belongs to a sign-in that somebody else began, and slipped to you (CSRF).",
  nonce: "Comes back inside the ID token, under the signature. If it is not the same, the token was made for another sign-in and is being replayed.",
};
const LABELS = { verifier: "PKCE", state: "state", nonce: "nonce" };

const bytes = (digest) => Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join(" ");

export default function mount(stage) {
  if (!run.get("prepared")) run.set({ prepared: fresh(), left: {} });
  const fields = Object.fromEntries(Object.keys(WHY).map((name) => [name, field(name)]));
  const steps = el("ol", { class: "steps" });
  const draw = async () => {
    const { verifier } = run.get("prepared");
    const digest = await sha256(verifier);
    steps.replaceChildren(
      el("li", {}, el("span", {}, "verifier"), el("code", {}, verifier)),
      el("li", {}, el("span", {}, "SHA-256 of it"), el("code", {}, bytes(digest))),
      el("li", {}, el("span", {}, "in base64url: the challenge"), el("code", { id: "challenge" }, base64url(digest))));
  };
  const again = action("New values", () => {
    run.set({ prepared: fresh() });
    for (const [name, { input }] of Object.entries(fields)) input.value = run.get("prepared")[name];
  });
  stage.append(...Object.values(fields).map((one) => one.box), steps, el("div", { class: "actions" }, again));
  run.watch(["prepared"], draw);
}

function field(name) {
  const id = `prepare-${name}`;
  const input = el("input", { id, value: run.get("prepared")[name], spellcheck: false, autocomplete: "off", "aria-describedby": `${id}-why` });
  input.addEventListener("input", () => run.set({ prepared: { ...run.get("prepared"), [name]: input.value } }));
  const out = el("input", { type: "checkbox", id: `${id}-out`, checked: Boolean(run.get("left")?.[name]) });
  out.addEventListener("change", () => run.set({ left: { ...run.get("left"), [name]: out.checked } }));
  const box = el("div", { class: "value" },
    el("div", { class: "value-head" }, el("label", { htmlFor: id }, name), el("label", { class: "check" }, out, ` Leave ${LABELS[name]} out`)),
    input, el("p", { class: "hint", id: `${id}-why` }, WHY[name]));
  return { box, input };
}
