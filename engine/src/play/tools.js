// What a player can do with what has happened: take it back, have it narrated again, edit it, branch.
// Each is one call; what comes of it is shown when the game's events say so, here and on every other page of the game.
"use strict";

import { button, menu } from "./dom.js";
import { postOnce } from "./repeat.js";
import { t } from "./text.js";

export class Tools {
  /// `story` has `id`, `committed` (its turns that have a number, in order), `rewritten()` and `trouble(error)`; `ui` has
  /// `ask(text, actions)`, `restore(words)` and `open(game, note)`.
  constructor(story, ui) {
    Object.assign(this, { story, ui });
  }

  /// The last turn in which the player spoke.
  get last() {
    return this.story.committed.findLast((turn) => turn.words);
  }

  /// Shows under each turn what can be done with it.
  show() {
    const { last } = this;
    for (const turn of this.story.committed) {
      const parts = turn === last ? this.ofLast(turn) : [];
      turn.tools.replaceChildren(...parts, this.menu(turn));
    }
  }

  ofLast(turn) {
    const parts = [small("undo", () => this.undo()), small("retry", () => this.retry())];
    if (turn.alternatives > 0) {
      parts.push(button(t("version", turn.alternatives + 1), () => this.nextVersion(), "small"));
    }
    return parts;
  }

  menu(turn) {
    return menu(t("turnMenu"), () => {
      const items = [["branch", () => this.branch(turn)]];
      if (turn.words) items.unshift(["change", () => this.change(turn)]);
      if (turn === this.story.committed.at(-1)) items.push(["retell", () => this.retell(turn)]);
      else items.push(["backToHere", () => this.backTo(turn)]);
      return items.map(([key, act]) => small(key, act));
    });
  }

  /// Takes the player's last message back, and the story events behind it.
  undo() {
    const { last } = this;
    if (!last) return;
    this.ui.restore(last.words);
    return this.call("undo", { to_turn: last.number - 1, if_busy: "interrupt" });
  }

  /// Has the last message narrated again.
  retry() {
    return this.last && this.call("retry", { if_busy: "interrupt" });
  }

  /// Goes round the narrations of the last message: the oldest is shown, the present one becomes the youngest.
  nextVersion() {
    const { last } = this;
    return last?.alternatives > 0 && this.call("choose", { turn: last.number, alternative: 0, if_busy: "interrupt" });
  }

  /// Changes what the player said, where it stands; the story goes on from there.
  change(turn = this.last) {
    turn?.rewrite(turn.words, turn.message, t("change"), (message) =>
      this.call("edit", { turn: turn.number, message, if_busy: "interrupt" }));
  }

  retell(turn) {
    turn.rewrite(turn.text, turn.narration, t("retell"), (narration) =>
      this.call("edit", { turn: turn.number, narration }));
  }

  backTo(turn) {
    const count = this.story.committed.at(-1).number - turn.number;
    const undo = () => this.call("undo", { to_turn: turn.number, if_busy: "interrupt" });
    this.ui.ask(t("takeBack", count), [[t("undo"), undo], [t("branch"), () => this.branch(turn)]]);
  }

  async branch(turn) {
    try {
      const game = await postOnce(`/v1/gamestate/${this.story.id}/branch`, { turn: turn.number });
      this.ui.open(game.id, t("branched"));
    } catch (error) {
      this.story.trouble(error);
    }
  }

  async call(what, body) {
    try {
      await postOnce(`/v1/gamestate/${this.story.id}/${what}`, body);
      await this.story.rewritten();
    } catch (error) {
      this.story.trouble(error);
    }
  }
}

const small = (key, action) => button(t(key), action, "small");
