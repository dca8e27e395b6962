// The playground: takes what the provider sent back out of the address, then sets the cards up.
import { el, notice } from "./dom.js";
import { config, run } from "./store.js";
import discover from "./cards/discover.js";
import prepare from "./cards/prepare.js";
import authorize from "./cards/authorize.js";
import exchange from "./cards/exchange.js";
import read from "./cards/read.js";
import verify from "./cards/verify.js";
import tamper from "./cards/tamper.js";
import call from "./cards/call.js";
import refresh from "./cards/refresh.js";
import logout from "./cards/logout.js";

const CARDS = { discover, prepare, authorize, exchange, read, verify, tamper, call, refresh, logout };
const DONE = { discover: "discovery", prepare: "prepared", authorize: "callback", exchange: "exchanged", read: "changed", verify: "jwks", tamper: "tampered", call: "called", refresh: "refreshed", logout: "returned" };

// A code in the address would stay in the history, and be sent again by a reload.
function arrive() {
  const params = Object.fromEntries(new URLSearchParams(location.search));
  const back = location.pathname === new URL(config.redirect_uri).pathname;
  if (back && (params.code || params.error)) run.set({ callback: { params, at: Date.now() } });
  else if (!back && params.state) run.set({ returned: params });
  const place = back ? "#arrival" : params.state ? "#farewell" : location.hash;
  if (back || params.state) history.replaceState(null, "", `/playground${back ? "#authorize" : "#logout"}`);
  return back || params.state ? place : "";
}

function progress() {
  for (const [card, name] of Object.entries(DONE)) {
    run.watch([name], () => document.querySelector(`.rail a[href="#${card}"]`)?.classList.toggle("done", Boolean(run.get(name))));
  }
}

function warnings() {
  const box = document.getElementById("run");
  const over = el("button", { type: "button", class: "link", onclick: () => { run.clear(); location.assign("/playground"); } }, "Start over");
  run.watch(["dead"], () => box.replaceChildren(...(run.get("dead") ? [notice("warning", run.get("dead"), " Card 3 begins a new sign-in. ")] : []), over));
}

if (location.origin === config.issuer) {
  const place = arrive();
  for (const [name, mount] of Object.entries(CARDS)) mount(document.querySelector(`#${name} .stage`));
  progress();
  warnings();
  if (place) document.querySelector(place)?.scrollIntoView({ block: "center" });
  document.body.dataset.ready = "yes";
} else {
  document.getElementById("run").replaceChildren(notice("warning", "This page is at another address than the provider. ", el("a", { href: `${config.issuer}/playground` }, `Open it at ${config.issuer}`)));
}
