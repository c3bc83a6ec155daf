// What is around the player, and the map. Each name is a button that writes into the message.

import { at, button, make, prose } from "./dom.js";
import { drawMap } from "./map.js";
import { t } from "./text.js";

/// How many actions are suggested above the message.
const IDEAS = 6;

/// Shows what the player sees; `fill(sentence, word)` takes a whole sentence, and the word alone.
export function showPanel(sight, fill) {
  const chips = (key, entries, sentence) => group(key, entries.map(([word, note]) =>
    chip([word, note].filter(Boolean).join(" · "), () => fill(t(sentence, word), word))));
  const open = sight.exits.filter((way) => way.is_open);
  const closed = sight.exits.filter((way) => !way.is_open);

  const exits = chips("exits", open.map(({ direction, leads_to: name }) => [direction, name]), "go");
  if (closed.length > 0) {
    const list = make("ul", "blocked");
    list.append(...closed.map(({ direction, closed_because: why }) => prose("li", "", why ? `${direction}: ${why}` : direction)));
    exits.append(list);
  }
  const inventory = chips("inventory", sight.inventory.map((thing) => [thing]), "use");
  if (sight.inventory.length === 0) inventory.append(make("p", "faint", t("nothing")));
  const hit = sight.hit_points;
  const map = group("map", []);
  map.append(...drawMap(sight.map, sight.place?.name));
  const beings = [...sight.people, ...sight.creatures];
  const people = chips("people", beings.map(({ name, health }) => [name, t("healths")[health]]), "talk");
  const groups = [exits, people, chips("things", [...sight.things.map((thing) => [thing]), ...inside(sight)], "look"), inventory, map];
  at("around").replaceChildren(
    prose("h2", "", sight.place?.name || t("here")),
    prose("p", "faint", sight.place?.description ?? ""),
    prose("p", "", hit ? `♥ ${hit.hp} / ${hit.max_hp}` : ""),
    ...groups.filter((part) => part.children.length > 1),
  );
}

// What is in the things that stand open, each with what it is in.
function inside({ containers = [] }) {
  return containers.flatMap(({ name, things }) => things.map((thing) => [thing, name]));
}

/// Shows what the player could do, above the message.
export function showIdeas(sight, fill) {
  const ideas = sight.suggestions.slice(0, IDEAS).map((idea) => chip(idea, () => fill(idea, idea)));
  at("ideas").replaceChildren(...ideas);
  at("ideas").hidden = ideas.length === 0;
}

/// Shows the end that the story has come to, by its name, and what it remembers of the way.
export function showEnd({ is_ended: isEnded, ending }) {
  at("end").hidden = !isEnded;
  at("ending").textContent = ending?.name ?? "";
  at("ending").hidden = !ending?.name;
  at("score").replaceChildren(...(ending?.score ?? []).map((line) => prose("li", "", line)));
}

function group(key, chips) {
  const section = make("section");
  section.append(make("h3", "", t(key)));
  if (chips.length > 0) {
    const list = make("ul", "chips");
    list.append(...chips);
    section.append(list);
  }
  return section;
}

function chip(word, action) {
  const item = make("li");
  const face = button(word, action, "chip");
  face.dir = "auto";
  item.append(face);
  return item;
}
