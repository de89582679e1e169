// Light, dark, or as the system has it. Loaded before the page is painted, so that it never flashes.
(() => {
  const KEY = "tacit-theme";
  /** @type {Record<string, string>} */
  const NEXT = { system: "light", light: "dark", dark: "system" };
  const root = document.documentElement;

  function chosen() {
    try {
      return localStorage.getItem(KEY) ?? "system";
    } catch {
      return "system"; // storage is forbidden in some private windows
    }
  }

  /** @param {string} theme */
  function show(theme) {
    if (theme === "light" || theme === "dark") {
      root.dataset.theme = theme;
    } else {
      delete root.dataset.theme;
    }
    for (const button of document.querySelectorAll("[data-theme-switch]")) {
      const name = button.querySelector("[data-theme-name]");
      if (!(button instanceof HTMLElement) || !name) continue;
      button.hidden = false;
      name.textContent = theme;
    }
  }

  show(chosen());
  document.addEventListener("DOMContentLoaded", () => {
    show(chosen());
    for (const button of document.querySelectorAll("[data-theme-switch]")) {
      button.addEventListener("click", () => {
        const theme = NEXT[chosen()] ?? "system";
        try {
          localStorage.setItem(KEY, theme);
        } catch {
          // it holds for this page alone
        }
        show(theme);
      });
    }
  });
})();
