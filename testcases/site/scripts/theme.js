/** Light or dark: what the visitor chose, else what the system prefers. Importing it applies the choice. */
import { shelf } from "./shelf.js";

const root = document.documentElement;

function apply() {
  const chosen = shelf.read("theme");
  if (chosen) root.dataset.theme = chosen;
}

export const isDark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

/** Keeps `light` or `dark` for all pages. */
export function choose(name) {
  shelf.write("theme", name);
  apply();
}

apply();
