// One turn of the story: what the player said, what is narrated in answer, and how far it has come.
"use strict";

import { button, make, prose } from "./dom.js";
import { render } from "./markdown.js";
import { t } from "./text.js";

export class Turn {
  constructor(words) {
    this.words = words;
    this.text = "";
    this.element = make("li");
    this.narration = make("div", "narration");
    this.note = make("p", "state");
    this.element.append(prose("p", "message", words), this.narration, this.note);
  }

  /// Shows a stage: "sending", "waiting", "writing", "failed", or "" for a turn that is done; with a note, and with
  /// buttons for what the player can do about it.
  show(stage, note = "", actions = []) {
    this.element.className = stage;
    this.element.setAttribute("aria-busy", String(stage === "writing"));
    this.note.replaceChildren(note, ...actions.map(([text, action]) => button(text, action, "small")));
  }

  get stage() {
    return this.element.className;
  }

  narrate(text) {
    if (text === this.text) return;
    this.text = text;
    this.narration.replaceChildren(...render(text));
  }

  add(text) {
    this.narrate(this.text + text);
  }

  /// What the rules refused of the narrator's wishes, for readers who want to know.
  refuse(rejections) {
    if (!rejections?.length) return;
    const list = make("ul");
    list.append(...rejections.map(({ reason }) => prose("li", "", reason)));
    const details = make("details", "refused");
    details.append(make("summary", "", t("refused", rejections.length)), list);
    this.element.append(details);
  }
}
