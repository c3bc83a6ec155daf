// What a reader sets for themselves: size, colours, motion, speech and language. Kept in the browser.

import { at, make, memory } from "./dom.js";
import { LANGUAGES, setLanguage, small, t } from "./text.js";

// Each setting: its values, the first being the default, and the text key of their names but for "auto".
const SETTINGS = {
  size: { values: ["normal", "small", "large", "huge"], names: "sizes" },
  width: { values: ["normal", "narrow", "wide"], names: "widths" },
  theme: { values: ["auto", "light", "dark"], names: "themes" },
  motion: { values: ["auto", "reduced"], names: "motions" },
  speech: { values: ["off", "on"], names: "speeches" },
  language: { values: ["auto", ...Object.keys(LANGUAGES)] },
};

export function setting(name) {
  const { values } = SETTINGS[name];
  const value = memory.get(name);
  return values.includes(value) ? value : values[0];
}

/// Applies the settings and builds the form; `changed` is called when the language has.
export function showSettings(changed, signOut) {
  setLanguage(setting("language"));
  for (const name of ["size", "width", "theme", "motion"]) document.documentElement.dataset[name] = setting(name);
  if (setting("speech") === "off") speak("");
  const rows = Object.entries(SETTINGS).map(([name, { values, names }]) => {
    const row = make("label", "", t(name));
    const select = make("select");
    select.id = `set-${name}`;
    select.append(...values.map((value) => new Option((names ? t(names) : LANGUAGES)[value] ?? t("auto"), value)));
    select.value = setting(name);
    select.onchange = () => {
      memory.set(name, select.value);
      showSettings(changed, signOut);
      at(select.id).focus();
      if (name === "language") changed();
    };
    row.append(select);
    return row;
  });
  if (memory.get("signedIn")) rows.push(small("signOut", signOut));
  at("choices").replaceChildren(...rows);
}

/// Whether the browser can read aloud.
export const canSpeak = "speechSynthesis" in globalThis;

/// Reads a text aloud, and nothing of what was being read before it; without a text, reads nothing.
export function speak(text) {
  if (!canSpeak) return;
  speechSynthesis.cancel();
  if (text) speechSynthesis.speak(new SpeechSynthesisUtterance(text.replaceAll(/[*_#`>]/g, "")));
}
