// Runs before the first paint, so that a chosen theme or language never flashes by in the other one.
// Keys and values are those of src/state/preferences.ts.
(() => {
  const root = document.documentElement;
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    const language = localStorage.getItem("language") ?? navigator.language;
    root.lang = language.startsWith("zh") ? "zh-Hans" : "en";
  } catch {
    // Storage is switched off: the system's theme and the page's language hold.
  }
})();
