// What is around the player, from the game's state: the place, the ways out, the people and things in sight, and what is
// carried. Each is a button that writes into the message. What the player cannot see is not shown.
"use strict";

import { at, button, make, prose } from "./dom.js";
import { t } from "./text.js";

/// Shows a game; `fill(sentence, word)` is called with a whole sentence, and with the word for it alone.
export function showPanel(game, fill) {
  const place = game.locations?.[game.user_location];
  const isHere = ({ location }) => location === game.user_location;
  const people = [...Object.values(game.npcs ?? {}).filter(isHere), ...Object.values(place?.monsters ?? {})];
  const names = people.map(({ name }) => name).filter(Boolean);
  const chips = (key, words, sentence) => group(key, words.map((word) => chip(word, () => fill(t(sentence, word), word))));
  const blocked = Object.entries(place?.blocked_exits ?? {});
  const ways = Object.keys(place?.exits ?? {}).filter((way) => !(way in (place?.blocked_exits ?? {})));

  const exits = chips("exits", ways, "go");
  if (blocked.length > 0) {
    const list = make("ul", "blocked");
    list.append(...blocked.map(([way, reason]) => prose("li", "", `${way}: ${reason}`)));
    exits.append(list);
  }
  const inventory = chips("inventory", game.user_inventory ?? [], "use");
  if (!game.user_inventory?.length) inventory.append(make("p", "faint", t("nothing")));
  const groups = [exits, chips("people", names, "talk"), chips("things", place?.items ?? [], "look"), inventory];
  at("around").replaceChildren(
    prose("h2", "", place?.name || game.user_location || t("here")),
    prose("p", "faint", place?.description ?? ""),
    ...groups.filter((part) => part.children.length > 1),
  );
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
