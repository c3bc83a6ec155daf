// The line in which the player writes: its size, its limit, its keys, and a draft that survives a reload.

import { at, memory } from "./dom.js";
import { t } from "./text.js";

/// The most that the engine accepts, in bytes of UTF-8.
const LIMIT = 8 * 1024;

export class Composer {
  /// `on` has `say(words)`, `stop()`, `tools()` and `problem(text)`.
  constructor(on) {
    this.on = on;
    this.field = at("message");
    at("say").onsubmit = (event) => {
      event.preventDefault();
      this.send();
    };
    this.field.onkeydown = (event) => {
      // While a word is being composed, the keys belong to the input method.
      if (event.isComposing) return;
      if (event.key === "Escape") this.on.stop();
      const tools = this.on.tools();
      const act = tools && this.shortcut(event);
      if (act) {
        event.preventDefault();
        return tools[act[0]](...act.slice(1));
      }
      if (event.key !== "Enter" || event.shiftKey) return;
      event.preventDefault();
      this.send();
    };
    this.field.oninput = () => this.changed();
  }

  // By the key's place: with Alt, a Mac writes other letters.
  shortcut({ altKey, code, key, repeat }) {
    // A key that is held down takes back one message.
    if (altKey) return repeat ? null : { KeyU: ["undo"], KeyR: ["retry"] }[code];
    if (this.field.value) return null;
    return { ArrowUp: ["change"], ArrowLeft: ["turnOver", -1], ArrowRight: ["turnOver", 1] }[key];
  }

  /// Writes for another game, and finds what was being written there.
  open(game) {
    this.game = game;
    this.write(memory.get(`draft:${game}`) ?? "");
  }

  write(words) {
    this.field.value = words;
    this.changed();
  }

  /// Begins with this sentence; where something is written already, adds the word to it.
  fill(sentence, word) {
    const text = this.field.value.trimEnd();
    this.write(text ? `${text} ${word}` : sentence);
    this.field.focus({ preventScroll: true });
  }

  changed() {
    const { field } = this;
    memory.set(`draft:${this.game}`, field.value);
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight + 2}px`;
    const left = LIMIT - bytes(field.value.trim());
    at("left").textContent = left < LIMIT / 8 ? t("bytesLeft", left) : "";
    at("left").classList.toggle("wrong", left < 0);
  }

  send() {
    const words = this.field.value.trim();
    if (!words || !this.game) return;
    const size = bytes(words);
    if (size > LIMIT) return this.on.problem(t("tooLong", size, LIMIT));
    this.write("");
    this.on.say(words);
    this.field.focus({ preventScroll: true });
  }
}

const bytes = (text) => new TextEncoder().encode(text).length;
