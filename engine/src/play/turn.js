// One turn: what the player said, the narration, how far it has come, and what can be done with it.

import { make, prose } from "./dom.js";
import { render } from "./markdown.js";
import { small, t } from "./text.js";

export class Turn {
  constructor(words) {
    this.words = words;
    this.text = "";
    this.number = 0; // the number of its record, once it is committed
    this.others = []; // other narrations of it that are kept
    this.element = make("li");
    this.element.turn = this; // the list of the story is the order of the turns
    this.message = prose("p", "message", words);
    this.narration = make("div", "narration");
    this.note = make("p", "state");
    this.tools = make("div", "tools");
    this.element.append(this.message, this.narration, this.note, this.tools);
  }

  /// Shows a stage: "sending", "waiting", "writing", "failed", or "" for a turn that is done; with a note, and with
  /// buttons for what the player can do about it.
  show(stage, note = "", actions = []) {
    this.element.className = stage;
    this.element.setAttribute("aria-busy", String(stage === "writing"));
    this.note.replaceChildren(note, ...actions.map((action) => small(...action)));
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

  /// The turn is done: as a result or a record of it says whether it was cut short, and what the rules refused.
  settle({ cut_short: isCut, rejections = [] }) {
    this.show("", isCut ? t("cutShort") : "");
    this.element.querySelector(".refused")?.remove();
    if (rejections.length === 0) return;
    const list = make("ul");
    list.append(...rejections.map(({ reason }) => prose("li", "", reason.replaceAll("`", ""))));
    const details = make("details", "refused");
    details.append(make("summary", "", t("refused", rejections.length)), list);
    this.tools.before(details);
  }

  /// The turn has this record.
  commit(record) {
    this.number = record.turn;
    this.others = (record.alternatives ?? []).map(({ narration }) => narration);
    this.settle(record);
    // The offline narrator always answers the same to the same.
    if (this.others.includes(record.narration)) this.show("", t("sameAgain"));
  }

  /// Lets the player change a text in its place; `save(text)` gets what they make of it.
  rewrite(text, place, label, save) {
    if (this.element.querySelector("form")) return;
    const form = make("form", "rewrite");
    const field = make("textarea");
    field.value = text;
    field.dir = "auto";
    field.ariaLabel = label;
    const close = () => {
      form.replaceWith(place);
      this.tools.hidden = false;
    };
    const submit = make("button", "small", t("save"));
    form.append(field, submit, small("cancel", close));
    form.onsubmit = (event) => {
      event.preventDefault();
      const changed = field.value.trim();
      close();
      if (changed && changed !== text) save(changed);
    };
    form.onkeydown = (event) => {
      if (event.isComposing) return;
      if (event.key === "Escape") close();
      if (event.key === "Enter" && !event.shiftKey && event.target === field) {
        event.preventDefault();
        form.requestSubmit();
      }
    };
    this.tools.hidden = true;
    place.replaceWith(form);
    field.style.height = `${Math.min(field.scrollHeight + 2, 400)}px`;
    field.focus();
  }
}
