// Runs before the first paint, so that a forced theme does not flash. The rest is in theme.js.
(() => {
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // no storage: the theme follows the system
  }
})();
