// Tells the browser's keeper of passkeys what is true here: each element with data-signal names a call and its options.
"use strict";

for (const { dataset } of document.querySelectorAll("[data-signal]")) {
  // Few browsers have these yet, and what they do with them is theirs.
  Promise.resolve(window.PublicKeyCredential?.[dataset.signal]?.(JSON.parse(dataset.options))).catch(() => {});
}
