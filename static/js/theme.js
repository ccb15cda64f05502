// The theme button: as the system, light, dark, and round again. The choice stays in this browser.

import { wordsOf } from "./words.js";

const ORDER = ["system", "light", "dark"];

const stored = () => {
  try {
    return ORDER.includes(localStorage.getItem("theme")) ? localStorage.getItem("theme") : "system";
  } catch {
    return "system";
  }
};

export const setTheme = (theme) => {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // no storage: it holds for this page
  }
};

/** Wires the theme button; it is hidden without scripts because it could do nothing. */
export const startTheme = (button) => {
  const say = wordsOf("theme");
  let theme = stored();
  const show = () => {
    button.setAttribute("aria-label", say(theme));
    button.title = say(theme);
  };
  button.addEventListener("click", () => {
    theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length];
    setTheme(theme);
    show();
  });
  button.hidden = false;
  show();
};
