// The player's games: found, renamed, exported, imported, and deleted with a moment to undo it.

import { get, postOnce, remove } from "./api.js";
import { at, button, make, menu, prose } from "./dom.js";
import { small, t } from "./text.js";

/// How many are asked for at once.
const PAGE = 20;
const ALL = 100;
/// How long a deletion can be taken back, in milliseconds.
const REGRET_MS = 8000;

export class Games {
  /// `on` has `open(id)`, `nameOf(scenario)` and `notice(text, actions)`.
  constructor(on) {
    // What is about to be deleted. It stays if the page is left before.
    Object.assign(this, { on, list: [], leaving: new Set() });
    at("search").oninput = () => this.search();
    at("import").onchange = () => this.import();
  }

  async load(after, limit = PAGE) {
    const page = await get(`/v1/gamestate?limit=${limit}${after ? `&after=${encodeURIComponent(after)}` : ""}`);
    if (!after) [this.list, this.lost] = [[], 0];
    this.next = page.next;
    this.lost += page.unreadable?.length ?? 0;
    this.list.push(...page.games.filter(({ id }) => !this.leaving.has(id)));
    at("games-section").hidden = this.list.length + this.lost === 0;
    at("lost").textContent = this.lost ? t("unreadable", this.lost) : "";
    at("search").hidden = this.list.length < 8 && !page.next;
    at("more").hidden = !page.next;
    at("more").onclick = () => this.load(this.next).catch((error) => this.on.notice(error.message));
    this.show();
  }

  // What is looked for may be on any page.
  async search() {
    this.show();
    try {
      while (at("search").value && this.next && !this.loading) {
        this.loading = true;
        await this.load(this.next, ALL);
        this.loading = false;
      }
    } catch (error) {
      this.loading = false;
      this.on.notice(error.message);
    }
  }

  show() {
    const wanted = at("search").value.trim().toLocaleLowerCase();
    const cards = this.list.map((game) => {
      const name = game.name || this.on.nameOf(game.scenario);
      const when = new Date(game.updated_at).toLocaleString(document.documentElement.lang);
      const title = game.name ? this.on.nameOf(game.scenario) : "";
      const note = [title, game.pc, t("turns", game.turn), when, game.is_ended && t("ended")].filter(Boolean).join(" · ");
      return `${name} ${note}`.toLocaleLowerCase().includes(wanted) && this.card(game, name, note);
    });
    at("games").replaceChildren(...cards.filter(Boolean));
  }

  card(game, name, note) {
    const face = button("", () => this.on.open(game.id));
    const title = prose("strong", "", name);
    face.append(title, make("small", "", note));
    const more = menu(`${t("gameMenu")}: ${name}`, () => [
      small("rename", () => this.rename(game, face, title)),
      file("export", `/v1/gamestate/${game.id}/export`, `${name}.json`),
      file("transcript", `/v1/gamestate/${game.id}/export?format=html`, `${name}.html`),
      small("delete", () => this.delete(game, name)),
    ]);
    const item = make("li");
    item.append(face, more);
    return item;
  }

  rename(game, face, title) {
    const field = make("input");
    field.value = title.textContent;
    field.ariaLabel = t("gameName");
    field.maxLength = 100;
    const form = make("form", "rename");
    form.append(field, make("button", "small", t("save")));
    form.onsubmit = async (event) => {
      event.preventDefault();
      const name = field.value.trim() || null;
      try {
        await postOnce(`/v1/gamestate/${game.id}/rename`, { name });
        game.name = name;
      } catch (error) {
        this.on.notice(error.message);
      }
      this.show();
    };
    form.onkeydown = ({ key }) => { if (key === "Escape") this.show(); };
    face.replaceWith(form);
    field.select();
  }

  delete(game, name) {
    const position = this.list.indexOf(game);
    this.list.splice(position, 1);
    this.show();
    const keep = () => {
      clearTimeout(later);
      this.leaving.delete(game.id);
      this.list.splice(position, 0, game);
      this.show();
      this.on.notice();
    };
    const later = setTimeout(async () => {
      try {
        await remove(`/v1/gamestate/${game.id}`);
        this.leaving.delete(game.id);
        this.on.notice();
      } catch (error) {
        keep();
        this.on.notice(error.message);
      }
    }, REGRET_MS);
    this.leaving.add(game.id);
    this.on.notice(t("deleted", name, REGRET_MS / 1000), [["keepIt", keep]]);
  }

  async import() {
    const [chosen] = at("import").files;
    at("import").value = at("import-problem").textContent = "";
    if (!chosen) return;
    try {
      const saved = JSON.parse(await chosen.text());
      if (!(saved?.game ?? saved)?.state) throw new SyntaxError("a game has a state");
      const game = await postOnce("/v1/gamestate/import", saved);
      this.on.open(game.id);
    } catch (error) {
      at("import-problem").textContent = error instanceof SyntaxError ? t("notAGame") : error.message;
    }
  }
}

function file(key, href, name) {
  const link = make("a", "small", t(key));
  link.href = href;
  link.download = name;
  return link;
}
