// Card 5: anybody can read a token; and write one, but not sign it.
import { action, el, notice } from "../dom.js";
import { isGenuine } from "../keys.js";
import { parse } from "../jwt.js";
import { keys } from "../provider.js";
import { config, run } from "../store.js";
import { decoded, editor } from "../token.js";

function remaining(exp) {
  if (typeof exp !== "number") return "";
  const seconds = Math.ceil(exp - Date.now() / 1000);
  if (seconds <= 0) return " It has expired.";
  return seconds < 3600 ? ` It lives ${Math.floor(seconds / 60)} min ${seconds % 60} s longer.` : " It lives for hours.";
}

function countDown(state) {
  for (const span of state.querySelectorAll("[data-exp]")) span.textContent = remaining(Number(span.dataset.exp));
}

export default function mount(stage) {
  const out = el("div");
  const state = el("div", { id: "read-state" });
  setInterval(() => countDown(state), 1000);
  let turn = 0;
  const judge = async (token) => {
    const mine = ++turn;
    const text = token.trim() && (await judged(token));
    if (mine === turn) state.replaceChildren(...(text ? [text] : []));
  };
  const view = editor("read-token", "A token, to be read and changed", (token) => {
    out.replaceChildren(...(token.trim() ? decoded(token, config.meanings) : []));
    judge(token);
  });
  view.field.addEventListener("input", () => run.set({ changed: true }));
  const choose = (name) => view.set(run.get("tokens")?.[name] ?? "");
  const choices = el("div", { class: "actions" });
  stage.append(choices, view.box, state, out);
  run.watch(["tokens"], () => {
    const tokens = run.get("tokens");
    choices.replaceChildren(...(tokens ? [action("ID token", () => choose("id_token")), action("Access token", () => choose("access_token"))] : [el("p", { class: "quiet" }, "Card 4 gets tokens. Until then, paste any token here: it stays in this tab.")]));
    if (tokens?.id_token) choose("id_token");
  });
}

async function judged(token) {
  const { kind, parts, header, claims } = parse(token);
  if (kind !== "JWS" || header.error) return notice("danger", "This is no token of three parts any more.");
  const life = el("span", { class: "life", "data-exp": claims.value?.exp }, remaining(claims.value?.exp));
  const key = (await keys()).find((one) => one.kid === header.value.kid);
  if (!key) return notice("warning", "Readable, and signed by nobody that we know.", life);
  const genuine = await isGenuine(key, header.value.alg, `${parts[0]}.${parts[1]}`, parts[2]).catch(() => false);
  if (genuine) return notice("success", "The signature is right. Change one letter above, and it no longer is.", life);
  return notice("danger", "Still readable, but the signature is wrong: this is no longer what the provider signed.");
}
