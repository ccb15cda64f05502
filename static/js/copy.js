// A button that copies a field or a text: what its data-text says, else what stands in it. Where the
// clipboard is closed to pages, as without HTTPS, it is selected and the button says which keys copy
// it. #copied tells it to readers.

import { wordsOf } from "./words.js";

function select(what) {
  if (what.select) {
    what.focus();
    what.select();
  } else {
    getSelection().selectAllChildren(what);
  }
}

for (const button of document.querySelectorAll("[data-copy]")) {
  const what = document.querySelector(button.dataset.copy);
  const say = wordsOf("copy");
  const show = (text) => {
    button.querySelector("span").textContent = text;
    document.querySelector("#copied").textContent = text;
  };
  button.hidden = false;
  button.addEventListener("click", async () => {
    select(what);
    try {
      await navigator.clipboard.writeText(what.dataset.text ?? what.value ?? what.innerText);
      show(say("done"));
    } catch {
      select(what);
      show(say("by_hand"));
    }
  });
}
