// What every page does: theme, keys, focus after a failed form, whole rows that open.

import { keysOn, setKeys, startKeys } from "./keyboard.js";
import { startTheme } from "./theme.js";

const button = document.querySelector("#theme");
if (button) startTheme(button);
startKeys();

// A failed form: the summary on top has the focus, so that it is read and stays in sight.
document.querySelector("[data-autofocus]")?.focus();

// A row opens where its first link leads; the link itself remains the real control.
document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  const row = event.target.closest("tr[data-open]");
  if (!row || event.target.closest("a, button, input, label, select")) return;
  if (!getSelection().isCollapsed) return;
  row.querySelector("a[href]")?.click();
});

// A form may be sent once: a second press while the first is under way does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !(form instanceof HTMLFormElement) || form.method !== "post") {
    return;
  }
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
  addEventListener("pageshow", () => delete form.dataset.sent, { once: true });
});

// The switch for letter keys in the account.
const keysSwitch = document.querySelector("#letter-keys");
if (keysSwitch) {
  keysSwitch.checked = keysOn();
  keysSwitch.disabled = false;
  keysSwitch.addEventListener("change", () => setKeys(keysSwitch.checked));
}
