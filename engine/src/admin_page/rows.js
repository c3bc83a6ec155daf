// Lists that are filled again once a second: what has not changed is not touched, so that focus, selection and scroll stay.
"use strict";

import { make } from "./dom.js";

/// What is shown under which key of a list.
const shown = new WeakMap();

/// Fills a list. `create` makes the element of an item; what it returns with it is called with each later state of the item.
export function fill(list, items, keyOf, create) {
  const known = shown.get(list) ?? new Map();
  const now = new Map();
  for (const item of items) {
    const key = keyOf(item);
    const row = known.get(key) ?? labelled(list, create(item));
    row.update(item);
    now.set(key, row);
  }
  const wanted = [...now.values()].map((row) => row.element);
  if (wanted.length === 0) wanted.push(empty(list));
  if (wanted.length !== list.children.length || wanted.some((element, at) => list.children[at] !== element)) {
    list.replaceChildren(...wanted);
  }
  shown.set(list, now);
}

/// On a small screen a cell shows the name of its column by itself.
function labelled(list, row) {
  if (list.tagName !== "TBODY") return row;
  [...list.parentElement.tHead.rows[0].cells].forEach((head, at) => {
    if (!head.querySelector(".read-aloud")) row.element.cells[at].dataset.label = head.textContent;
  });
  return row;
}

const nothing = new WeakMap();

function empty(list) {
  if (!nothing.has(list)) {
    const text = make(list.tagName === "TBODY" ? "td" : "li", "faint", list.dataset.empty);
    if (list.tagName === "TBODY") {
      text.colSpan = list.parentElement.tHead.rows[0].cells.length;
      const row = make("tr");
      row.append(text);
      nothing.set(list, row);
    } else nothing.set(list, text);
  }
  return nothing.get(list);
}

/// Writes a text where it is another one.
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/// A row of a table with so many cells; the first one heads it.
export function row(cells) {
  const element = make("tr");
  const all = Array.from({ length: cells }, (_, at) => make(at === 0 ? "th" : "td"));
  all[0].scope = "row";
  element.append(...all);
  return { element, cells: all };
}
