// The sheet before a story: who plays, who narrates, which model, how strict the rules are.
// Everything has a good first value, so that Enter begins.

import { get, post } from "./api.js";
import { cover } from "./cover.js";
import { at, make, prose } from "./dom.js";
import { small, t } from "./text.js";

/// Opens the sheet for one of these stories; `begun(game)` is called with the new game.
export async function openSheet(scenario, scenarios, begun) {
  const [pcs, narrators, { providers, default: provider }] = await Promise.all(
    ["/v1/pcs", "/v1/narrators", "/v1/providers"].map((path) => get(path)),
  );
  // A character that another story was written for is a stranger in this one.
  const fitting = pcs.filter(({ id }) => id === scenario.default_pc || !scenarios.some((other) => other.default_pc === id));
  const form = make("form");
  form.method = "dialog";
  const about = prose("p", "faint", "");
  const person = choice("character", fitting, scenario.default_pc);
  const describe = () => { about.textContent = fitting.find(({ id }) => id === person.value)?.description ?? ""; };
  person.onchange = describe;
  describe();
  const narrator = choice("narrator", narrators, scenario.narrator_id);
  const model = choice("model", providers.map(({ name, display_name }) => ({ id: name, name: display_name })), provider);
  const rules = choice("rules", ["strict", "relaxed"].map((id) => ({ id, name: t("ruleNames")[id] })), "strict");
  const name = make("input");
  name.maxLength = 100;
  name.dir = "auto";
  const error = make("p", "wrong");
  error.role = "alert";
  const begin = make("button", "", t("beginNow"));
  const buttons = make("p", "buttons");
  buttons.append(begin, small("cancel", () => at("sheet").close()));
  form.append(
    cover(scenario.id),
    Object.assign(prose("h2", "", scenario.name), { id: "sheet-title" }),
    prose("p", "", scenario.story ?? ""),
    make("p", "faint", t("extent", scenario.places, scenario.endings)),
    row("character", person),
    about,
    row("narrator", narrator),
    row("model", model),
    row("rules", rules),
    row("gameName", name),
    error,
    buttons,
  );
  form.onsubmit = async (event) => {
    event.preventDefault();
    begin.disabled = true;
    try {
      const chosen = { pc: person.value, narrator: narrator.value, provider: model.value, rules: rules.value, name: name.value.trim() };
      const set = Object.entries(chosen).filter(([, value]) => value);
      const game = await post("/v1/gamestate", { scenario: scenario.id, ...Object.fromEntries(set) });
      at("sheet").close();
      begun(game);
    } catch (problem) {
      error.textContent = problem.message;
      begin.disabled = false;
    }
  };
  at("sheet").replaceChildren(form);
  at("sheet").showModal();
  begin.focus({ preventScroll: true });
  at("sheet").scrollTop = 0;
}

function choice(key, entries, chosen) {
  const select = make("select");
  select.name = key;
  select.append(...entries.map(({ id, name }) => new Option(name || id, id)));
  if (entries.some(({ id }) => id === chosen)) select.value = chosen;
  return select;
}

function row(key, field) {
  const label = make("label");
  label.append(make("span", "", t(key)), field);
  return label;
}
