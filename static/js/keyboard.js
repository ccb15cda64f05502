// All keys that act on a whole page: / search, g then m i p a, ? the list, Esc. Places add their own
// with `onKey` and listen to none by themselves, so that what holds for one holds for all: they act
// only when no field has the focus and no dialog is open, and keys of one character can be switched
// off in the account (WCAG 2.1.4).

const handlers = new Map();
let leader = 0; // when "g" was pressed, ms

/** Whether letter keys are on in this browser. */
export const keysOn = () => {
  try {
    return localStorage.getItem("keys") !== "off";
  } catch {
    return true;
  }
};

export const setKeys = (on) => {
  try {
    localStorage.setItem("keys", on ? "on" : "off");
  } catch {
    // no storage: they stay on
  }
};

const typing = (target) =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.matches(
      "select, textarea, input:not([type=checkbox], [type=radio], [type=button], [type=submit])",
    ));

/**
 * Calls `act(event)` for a key ("j", "Escape", "ArrowLeft", "+"), with Shift or without; it may return
 * false to let the key through. A key acts in one way: the last to ask for it has it.
 */
export const onKey = (key, act) => {
  handlers.set(key.length === 1 ? key.toLowerCase() : key, act);
};

const go = (place) => document.querySelector(`.rail a[data-key="${place}"]`)?.click();

const press = (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (typing(event.target)) {
    if (key === "Escape") event.target.blur();
    return;
  }
  if (document.querySelector("dialog[open]")) return;
  if (key.length === 1 && !keysOn()) return;
  if (leader && Date.now() - leader < 1200 && "mipa".includes(key)) {
    leader = 0;
    event.preventDefault();
    go(key);
    return;
  }
  leader = key === "g" ? Date.now() : 0;
  const act = handlers.get(key);
  if (act && act(event) !== false) event.preventDefault();
};

/** Listens; the two keys that every page has are bound here. */
export const startKeys = () => {
  onKey("/", () => {
    const find = [...document.querySelectorAll('input[type="search"]')].find((field) =>
      field.offsetParent
    );
    find?.focus();
    find?.select();
    return Boolean(find);
  });
  onKey("?", () => document.querySelector("#keys")?.showModal());
  document.addEventListener("keydown", press);
};
