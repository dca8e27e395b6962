// Card 3: the address that the browser is sent to, and what it comes back with.
import { action, checklist, code, copier, el, notice, scroll } from "../dom.js";
import { base64url, sha256 } from "../encoding.js";
import { discovery } from "../provider.js";
import { config, run } from "../store.js";
import { json, send } from "../wire.js";
import { message } from "../message.js";

const WHY = {
  response_type: "a code, and no token through the browser",
  client_id: "which app asks",
  redirect_uri: "where to return; must be registered, letter by letter",
  scope: "what the app would like to know",
  state: "comes back unchanged",
  nonce: "comes back inside the ID token",
  code_challenge: "the hash of the secret from card 2",
  code_challenge_method: "how it was hashed",
  prompt: "empty, or none, login, consent, select_account",
};

async function wanted() {
  const { verifier, state, nonce } = run.get("prepared");
  const left = run.get("left") ?? {};
  return {
    response_type: "code",
    client_id: config.client_id,
    redirect_uri: config.redirect_uri,
    scope: config.scope,
    state: left.state ? "" : state,
    nonce: left.nonce ? "" : nonce,
    code_challenge: left.verifier ? "" : base64url(await sha256(verifier)),
    code_challenge_method: left.verifier ? "" : "S256",
    prompt: "",
  };
}

export default function mount(stage) {
  const table = el("tbody");
  const address = el("pre", { tabindex: 0, role: "group", "aria-label": "The address" });
  const pushed = el("div");
  let values = {};
  let endpoint = `${config.issuer}/oauth2/authorize`;
  const sent = () => Object.fromEntries(Object.entries(values).filter(([, value]) => value));
  const url = () => `${endpoint}?${new URLSearchParams(sent()).toString().replaceAll("+", "%20")}`;
  const show = () => address.replaceChildren(code(url().replace(/[?&]/g, (sign) => `\n${sign}`)));
  const row = (name) => {
    const input = el("input", { id: `authorize-${name}`, value: values[name], placeholder: "left out", spellcheck: false, autocomplete: "off" });
    input.addEventListener("input", () => { values[name] = input.value; show(); });
    return el("tr", {}, el("th", { scope: "row" }, el("label", { htmlFor: input.id }, name)), el("td", {}, input), el("td", { class: "quiet" }, WHY[name]));
  };
  const go = async () => {
    const found = await discovery();
    endpoint = found.authorization_endpoint;
    run.set({ sent: { ...sent(), at: Date.now() }, callback: null, exchanged: null, tokens: null, dead: "", generations: [], refreshed: false, returned: null });
    if (!found.require_pushed_authorization_requests) return location.assign(url());
    const exchange = await send({ method: "POST", url: found.pushed_authorization_request_endpoint, form: sent() });
    const { request_uri } = json(exchange);
    if (request_uri) return location.assign(`${endpoint}?${new URLSearchParams({ client_id: values.client_id, request_uri })}`);
    return pushed.replaceChildren(message(exchange));
  };
  stage.append(
    scroll("Parameters", el("table", { class: "parameters" }, table)), address,
    el("div", { class: "actions" }, action("Go there", go, { primary: true }), copier(url)), pushed, arrival());
  run.watch(["prepared", "left"], async () => {
    values = await wanted();
    table.replaceChildren(...Object.keys(values).map(row));
    show();
  });
}

function arrival() {
  const box = el("div", { id: "arrival" });
  run.watch(["callback"], () => {
    const callback = run.get("callback");
    box.replaceChildren(...(callback ? returned(callback.params, run.get("sent") ?? {}) : []));
  });
  return box;
}

function returned(params, sent) {
  const rows = Object.entries(params).map(([name, value]) => el("tr", {}, el("th", { scope: "row" }, code(name)), el("td", {}, code(value))));
  const out = [el("h3", {}, "Back again, with this"), scroll("What came back", el("table", {}, el("tbody", {}, rows)))];
  if (params.error) out.push(notice("danger", el("strong", {}, params.error), ` ${params.error_description ?? ""}`));
  out.push(checklist(arrivalChecks(params, sent)));
  if (params.code) out.push(notice("info", "This is a code and no token. It is good once, for a minute, and only together with the secret that this browser kept."));
  return out;
}

function arrivalChecks(params, sent) {
  const checks = [{ name: "iss", ok: params.iss === config.issuer, rule: "The answer says that it is from the provider that was asked (RFC 9207), against mix-ups of two providers.", found: params.iss ?? "absent" }];
  if (!sent.state) checks.push({ name: "state", ok: null, rule: "No state was sent, so nobody can tell whether this answer is to a question of this browser. An attacker could have sent you here, signed in as somebody else.", found: params.state ?? "absent" });
  else checks.push({ name: "state", ok: params.state === sent.state, rule: "state is the one that this browser sent.", found: params.state ?? "absent" });
  return checks;
}
