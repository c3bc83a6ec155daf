// The map: where the player has been, laid out by directions, with the ways on. A screen reader gets it in words.

import { make, prose, shape } from "./dom.js";
import { t } from "./text.js";

/// A cell of the grid and the box in it, in units of a sixteenth of the text size.
const CELL = [112, 62];
const BOX = [88, 32];
/// The longest line of a name in a box.
const LINE = 14;

/// The map of these places, as the API has them in `map`, with the player at `here`; none for fewer than two places. Ways name
/// the places behind them.
export function drawMap(places, here) {
  if (places.length < 2) return [];
  const cells = arrange(places);
  const [left, top] = [0, 1].map((axis) => Math.min(...[...cells.values()].map((cell) => cell[axis])));
  const [right, bottom] = [0, 1].map((axis) => Math.max(...[...cells.values()].map((cell) => cell[axis])));
  const [width, height] = [(right - left + 1) * CELL[0], (bottom - top + 1) * CELL[1]];
  const middle = ([x, y]) => [(x - left + 0.5) * CELL[0], (y - top + 0.5) * CELL[1]];
  const svg = shape("svg", {
    viewBox: `0 0 ${width} ${height}`, width: `${width / 16}rem`, height: `${height / 16}rem`,
    role: "img", "aria-label": t("mapOf", places.length),
  });
  for (const place of places) svg.append(...ways(place, middle, cells));
  for (const { name } of places) svg.append(box(name, name === here, middle(cells.get(name))));
  const view = make("div", "map");
  view.tabIndex = 0;
  view.role = "group";
  view.ariaLabel = t("map");
  view.append(svg);
  // The player's place is in sight, however large the map is, and whenever it is opened.
  const [x, y] = middle(cells.get(here) ?? [left, top]);
  new ResizeObserver(() => view.scrollTo(x * view.scrollWidth / width - view.clientWidth / 2, y * view.scrollHeight / height - view.clientHeight / 2)).observe(view);
  return [view, words(places, here)];
}

// Where a way leads on the grid. Up and down, and whatever has no direction, go aslant.
function step(direction) {
  const word = direction.toLowerCase();
  const [, along, across] = /^(north|nord|south|süd)?(?:en)?[- ]?(east|ost|west)?(?:en)?$/.exec(word) ?? [];
  const y = { north: -1, nord: -1, south: 1, süd: 1 }[along] ?? 0;
  const x = { east: 1, ost: 1, west: -1 }[across] ?? 0;
  if (x || y) return [x, y];
  return /^(up|out|hoch|oben|hinauf)/.test(word) ? [1, -1] : [-1, 1];
}

// Gives each place a cell: from one place to the next, in the direction of the way between them, as near as there is room.
function arrange(places) {
  // In an order that does not depend on where the player is: the map stays as it is when they move.
  const byName = new Map(places.map((place) => [place.name, place]).sort(([a], [b]) => (a < b ? -1 : 1)));
  const cells = new Map();
  const taken = new Set();
  const put = (name, [x, y], [dx, dy]) => {
    for (let tries = 0; taken.has(`${x},${y}`); tries += 1) {
      // Straight on first, then to the side.
      if (tries < 2) [x, y] = [x + dx, y + dy];
      else x += 1;
    }
    taken.add(`${x},${y}`);
    cells.set(name, [x, y]);
  };
  for (const first of byName.values()) {
    if (cells.has(first.name)) continue;
    // What no way joins to the rest begins a row below it.
    put(first.name, [0, cells.size && 1 + Math.max(...[...cells.values()].map(([, y]) => y))], [1, 0]);
    for (const queue = [first]; queue.length > 0;) {
      const place = queue.shift();
      for (const { direction, leads_to: name } of place.exits) {
        if (!byName.has(name) || cells.has(name)) continue;
        const [x, y] = cells.get(place.name);
        const [dx, dy] = step(direction);
        put(name, [x + dx, y + dy], [dx, dy]);
        queue.push(byName.get(name));
      }
    }
  }
  return cells;
}

function ways(place, middle, cells) {
  const [x1, y1] = middle(cells.get(place.name));
  return place.exits.map(({ direction, leads_to: name }) => {
    const [dx, dy] = step(direction);
    const isKnown = cells.has(name);
    const [x2, y2] = isKnown ? middle(cells.get(name)) : [x1 + dx * CELL[0] * 0.49, y1 + dy * CELL[1] * 0.49];
    return shape("line", { x1, y1, x2, y2, class: isKnown ? "way" : "way new" });
  });
}

function box(name, isHere, [x, y]) {
  const group = shape("g", { class: isHere ? "room here" : "room" });
  const [width, height] = BOX;
  group.append(shape("rect", { x: x - width / 2, y: y - height / 2, width, height, rx: 6 }));
  const lines = wrap(name);
  lines.forEach((line, at) => {
    const text = shape("text", { x, y: y + 4 + (at - (lines.length - 1) / 2) * 13 });
    text.textContent = line;
    group.append(text);
  });
  return group;
}

// A name on one or two lines; a longer one is cut.
function wrap(name) {
  const lines = [""];
  for (const word of name.split(" ")) {
    const line = `${lines.at(-1)} ${word}`.trim();
    if (line.length <= LINE || !lines.at(-1)) lines[lines.length - 1] = line;
    else lines.push(word);
  }
  if (lines.length > 2) lines[1] = lines[1].length < LINE ? `${lines[1]}…` : lines[1].replace(/ *\S*$/, "…");
  return lines.slice(0, 2).map((line) => (line.length > LINE ? `${line.slice(0, LINE - 1)}…` : line));
}

function words(places, here) {
  const details = make("details");
  const list = make("ul");
  list.append(...places.map(({ name, exits }) => {
    const out = exits.map(({ direction, leads_to: to }) => (to ? t("leadsTo", direction, to) : direction));
    return prose("li", "", `${name === here ? t("youAreAt", name) : name}: ${out.join(", ")}`);
  }));
  details.append(make("summary", "", t("mapInWords")), list);
  return details;
}
