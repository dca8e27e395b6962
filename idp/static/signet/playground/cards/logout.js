// Card 10: the session ends at the provider, and the tokens of it with it.
import { action, el, notice } from "../dom.js";
import { random } from "../encoding.js";
import { message } from "../message.js";
import { discovery, token, userinfo } from "../provider.js";
import { config, run } from "../store.js";

const hidden = (name, value) => el("input", { type: "hidden", name, value });

// By POST, so that no token stands in an address, where histories and proxies would keep it.
async function leave() {
  const { id_token } = run.get("tokens") ?? {};
  const { end_session_endpoint: action } = await discovery();
  const state = random(16);
  run.set({ leaving: state });
  const form = el("form", { method: "post", action, hidden: true }, hidden("client_id", config.client_id), hidden("post_logout_redirect_uri", config.return_to), hidden("state", state));
  if (id_token) form.append(hidden("id_token_hint", id_token));
  document.body.append(form);
  form.submit();
}

export default function mount(stage) {
  const result = el("div", { "aria-live": "polite" });
  const arrival = el("div", { id: "farewell" });
  const left = () => {
    const tokens = run.get("tokens");
    if (!tokens) throw new Error("There are no tokens left over.");
    return tokens;
  };
  const shown = (run, words) => async () => result.replaceChildren(message(await run()), notice("info", words));
  stage.append(
    el("div", { class: "actions" }, action("Sign out here", leave, { danger: true })), arrival,
    el("p", {}, "Then use what is left over in this tab:"),
    el("div", { class: "actions" },
      action("Userinfo with the old token", shown(() => userinfo(`Bearer ${left().access_token}`), "Here the provider itself is the API, and asks whether the session lives. An API that only checks signatures would take the token until its exp: that is why it is short.")),
      action("Refresh with the old token", shown(() => token({ grant_type: "refresh_token", client_id: config.client_id, refresh_token: left().refresh_token }), "No session, no new tokens, unless the person had granted offline_access."))),
    result);
  run.watch(["returned"], () => {
    const returned = run.get("returned");
    if (!returned) return arrival.replaceChildren();
    const same = returned.state === run.get("leaving");
    return arrival.replaceChildren(notice(same ? "success" : "warning", same ? "Signed out, and back with the state that was sent." : "Back, but with a state that this tab did not send."));
  });
}
