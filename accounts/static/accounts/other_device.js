// The page that waits for another device: asks every other second whether somebody has answered there.
"use strict";

const approved = document.querySelector("form[data-goes-on]");
const waits = document.querySelector("form[data-waits]")?.dataset.waits;

const ask = async () => {
  try {
    const answer = await fetch(waits, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (answer.ok && !(await answer.json()).waiting) {
      location.reload();
      return;
    }
  } catch {
    // Out of reach for a moment: asked again.
  }
  setTimeout(ask, 2000);
};

if (approved) approved.requestSubmit();
if (waits) setTimeout(ask, 2000);
