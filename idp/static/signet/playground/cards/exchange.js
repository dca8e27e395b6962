// Card 4: the code becomes tokens, once; and what happens to those who try it otherwise.
import { action, el, notice } from "../dom.js";
import { random } from "../encoding.js";
import { message } from "../message.js";
import { keep, token, userinfo } from "../provider.js";
import { config, run } from "../store.js";

const form = (changes = {}) => {
  const left = run.get("left") ?? {};
  const sent = { grant_type: "authorization_code", client_id: config.client_id, code: run.get("callback")?.params.code ?? "", redirect_uri: run.get("sent")?.redirect_uri, code_verifier: left.verifier ? undefined : run.get("prepared").verifier, ...changes };
  return Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined));
};

const wait = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
const remaining = () => Math.ceil(config.code_seconds - (Date.now() - run.get("callback").at) / 1000);

export default function mount(stage) {
  const result = el("div", { "aria-live": "polite" });
  const clock = el("p", { class: "clock quiet" });
  const show = (exchange, ...words) => result.replaceChildren(message(exchange), ...words);

  const exchange = async () => {
    const done = await token(form());
    if (keep(done)) run.set({ exchanged: true, generations: [run.get("tokens").refresh_token] });
    show(done, done.response.status === 200 ? notice("success", "Three tokens. They lie in this tab's sessionStorage until you close it or start over.") : notice("danger", "No tokens. Go back to card 3 for another code."));
  };
  const refused = (changes, words) => async () => show(await token(form(changes)), notice("info", words));
  const replay = async () => {
    const before = run.get("tokens");
    const done = await token(form());
    if (!before) return show(done);
    const after = await userinfo(`Bearer ${before.access_token}`);
    if (after.response.status === 401) run.set({ dead: "The code was shown twice, so the provider ended everything that came of it." });
    return show(done, notice("warning", "A code that is shown twice was stolen by one of the two. So the tokens of the first exchange are dead as well (RFC 6749 section 4.1.2). The next message is userinfo with the access token that worked until now:"), message(after));
  };
  const late = async (button) => {
    while (remaining() > 0) {
      button.textContent = `Sending in ${remaining()} s …`;
      await wait(1);
    }
    button.textContent = "When it has expired";
    await wait(1);
    show(await token(form()), notice("info", `Codes live ${config.code_seconds} seconds. One that was used before answers differently: as a replay.`));
  };

  const buttons = el("div", { class: "actions" });
  stage.append(clock, buttons, result);
  const draw = () => {
    const code = run.get("callback")?.params.code;
    const exchanged = run.get("exchanged");
    buttons.replaceChildren(...(!code ? [] : [
      action("Exchange the code", exchange, { primary: !exchanged, id: "exchange-once" }),
      action("With a wrong verifier", refused({ code_verifier: random(32) }, "Somebody who stole the code has no verifier that fits. The code is not used up by a wrong guess, so the rightful app still gets its tokens.")),
      action("Without a verifier", refused({ code_verifier: undefined }, "Where a challenge was sent, the secret behind it is required.")),
      action("Again (replay)", replay, { danger: true }),
      action("When it has expired", late),
    ]));
    if (!code) clock.textContent = "There is no code yet: card 3 gets one.";
  };
  run.watch(["callback", "exchanged"], draw);
  const tick = () => {
    if (!run.get("callback")?.params.code) return;
    const left = remaining();
    clock.textContent = run.get("exchanged") ? "The code is spent." : left > 0 ? `The code lives ${left} more seconds.` : "The code has expired. Card 3 gets another; you are signed in, so it takes a moment.";
  };
  tick();
  setInterval(tick, 1000);
}
