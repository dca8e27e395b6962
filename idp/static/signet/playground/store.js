// One run of the playground, in this tab's sessionStorage and nowhere else; cards hear of what changes.
const KEY = "signet.playground";
const listeners = [];

const read = () => {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
};

let state = read();

export const run = {
  get: (name) => state[name],
  set(changes) {
    state = { ...state, ...changes };
    sessionStorage.setItem(KEY, JSON.stringify(state));
    for (const [names, draw] of listeners) if (names.some((name) => name in changes)) draw();
  },
  // Draws now, and again whenever one of `names` changes.
  watch(names, draw) {
    listeners.push([names, draw]);
    draw();
  },
  clear: () => sessionStorage.removeItem(KEY),
};

export const config = JSON.parse(document.getElementById("config")?.textContent ?? "{}");
