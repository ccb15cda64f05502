// Colours of the design language for canvas and charts. A token written with light-dark() is not
// resolved by getPropertyValue, so a hidden probe element is coloured and asked.

const probe = document.querySelector("#probe");

/** The colour that token `name` ("--accent") has now, as rgb(...). */
export const token = (name) => {
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
};

/** The same with an opacity between 0 and 1. */
export const veiled = (name, opacity) => {
  const [r, g, b] = token(name).match(/[\d.]+/g);
  return `rgba(${r}, ${g}, ${b}, ${opacity})`;
};

/** Calls `draw` whenever the theme changes, by the system or by hand. */
export const onTheme = (draw) => {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
};
