// What a player can do with what has happened: take it back, have it narrated again, edit it, branch.
// Each is one call; what comes of it is shown when the game's events say so, here and on every other page of the game.

import { postOnce } from "./api.js";
import { at, button, make, menu } from "./dom.js";
import { canSpeak, speak } from "./settings.js";
import { problemText, small, t } from "./text.js";

export class Tools {
  /// For a [`Story`]; `ui` has `ask(text, actions)`, `restore(words)` and `open(game, note)`.
  constructor(story, ui) {
    Object.assign(this, { story, ui, versions: [] });
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
    // Another version takes the place of the buttons with which it was chosen.
    if (this.focus && document.activeElement === document.body) at(this.focus)?.focus({ preventScroll: true });
  }

  ofLast(turn) {
    const parts = [small("undo", () => this.undo()), small("retry", () => this.retry())];
    this.order(turn);
    if (this.versions.length > 1) parts.unshift(this.pager(turn));
    return parts;
  }

  // The versions of the last turn. The API has the present one last; here they keep their places.
  order({ text, others }) {
    const all = [...others, text];
    const kept = this.versions.filter((version) => all.includes(version));
    this.versions = [...new Set([...kept, ...all])];
  }

  pager({ text }) {
    const present = this.versions.indexOf(text);
    const arrow = (id, sign, by) => {
      const face = button(sign, () => this.turnOver(by), "small");
      face.id = id;
      face.ariaLabel = t(id);
      face.ariaDisabled = String(!this.versions[present + by]);
      return face;
    };
    const pager = make("span", "pager");
    pager.role = "group";
    pager.ariaLabel = t("versions");
    pager.append(arrow("earlier", "‹", -1), `${present + 1} / ${this.versions.length}`, arrow("later", "›", 1));
    return pager;
  }

  /// A finger has moved over this part of the story.
  swiped(by, part) {
    if (this.last?.element.contains(part)) this.turnOver(by);
  }

  /// Shows the version of the last message that is so many places further on.
  turnOver(by) {
    const { last } = this;
    const wanted = last && this.versions[this.versions.indexOf(last.text) + by];
    const alternative = last?.others.indexOf(wanted) ?? -1;
    if (alternative < 0) return;
    this.focus = document.activeElement.id;
    return this.call("choose", { turn: last.number, alternative });
  }

  menu(turn) {
    return menu(t("turnMenu"), () => {
      const items = [["branch", () => this.branch(turn)]];
      if (turn.words) items.unshift(["change", () => this.change(turn)]);
      if (canSpeak) items.push(["readAloud", () => speak(turn.text)]);
      if (turn !== this.story.committed.at(-1)) items.push(["backToHere", () => this.backTo(turn)]);
      items.push(["retell", () => this.retell(turn)]);
      return items.map(([key, act]) => small(key, act));
    });
  }

  /// Takes the newest message back; a committed one with the story events behind it.
  undo() {
    const { newest } = this.story;
    if (newest?.stage) return this.story.takeBack(newest);
    // A turn that has just ended has no record yet.
    if (newest === this.last) return this.undoLast();
  }

  async undoLast() {
    const { last } = this;
    if (last && await this.call("undo", { to_turn: last.number - 1 })) this.ui.restore(last.words);
  }

  /// Has the newest message narrated again, or sends it again if it has failed.
  retry() {
    const { newest } = this.story;
    if (newest?.stage === "failed") return this.story.sayAgain(newest);
    if (newest && (newest.stage || newest === this.last)) return this.call("retry", {});
  }

  /// Changes what the player said; the story goes on from there. What has failed can be written again.
  change(turn = this.story.newest) {
    if (turn?.stage === "failed") return this.story.takeBack(turn);
    if (this.isRefused() || !turn?.number) return;
    turn.rewrite(turn.words, turn.message, t("change"), (message) => this.call("edit", { turn: turn.number, message }));
  }

  retell(turn) {
    turn.rewrite(turn.text, turn.narration, t("retell"), (narration) =>
      this.call("edit", { turn: turn.number, narration }));
  }

  backTo(turn) {
    const count = this.story.committed.at(-1).number - turn.number;
    const undo = () => this.call("undo", { to_turn: turn.number });
    this.ui.ask(t("takeBack", count), [["undo", undo], ["branch", () => this.branch(turn)]]);
  }

  async branch(turn) {
    try {
      const game = await postOnce(`/v1/gamestate/${this.story.id}/branch`, { turn: turn.number });
      this.ui.open(game.id, t("branched"));
    } catch (error) {
      this.story.trouble(error);
    }
  }

  // While a message is unfinished, the past stays as it is: one key must not take back two messages.
  isRefused() {
    const { isBusy } = this.story;
    if (isBusy) this.story.trouble({ message: problemText("game-busy") });
    return isBusy;
  }

  // Makes a change, once the story events that run are over. Returns whether it was made.
  // A second press on the same button would undo the first.
  async call(what, body) {
    if (this.isCalling || this.isRefused()) return false;
    this.isCalling = true;
    try {
      await postOnce(`/v1/gamestate/${this.story.id}/${what}`, body);
      await this.story.rewritten();
      return true;
    } catch (error) {
      this.story.trouble(error);
    } finally {
      this.isCalling = false;
    }
  }
}
