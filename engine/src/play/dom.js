// Small helpers for the document, and for what the browser remembers between visits.

export const at = (id) => document.getElementById(id);

export function make(name, className = "", text = "") {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
}

export function button(text, action, className = "") {
  const element = make("button", className, text);
  element.type = "button";
  element.onclick = action;
  return element;
}

/// An element of a drawing.
export function shape(name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/// A menu behind three dots. `items` is called as it opens.
export function menu(label, items) {
  const details = make("details", "menu");
  const summary = make("summary", "", "⋯");
  summary.ariaLabel = label;
  const list = make("div", "items");
  list.onclick = () => { details.open = false; };
  details.append(summary, list);
  details.ontoggle = () => { if (details.open) list.replaceChildren(...items()); };
  return details;
}

/// How far a finger moves for a swipe, in pixels.
const SWIPE = 50;

/// Calls `act(by, part)` when a finger has moved across: 1 to the left, -1 to the right.
export function onSwipe(element, act) {
  let from = null;
  element.addEventListener("touchstart", ({ touches }) => { from = touches.length === 1 ? touches[0] : null; }, { passive: true });
  element.addEventListener("touchend", ({ changedTouches: [to], target }) => {
    const [x, y] = from ? [to.clientX - from.clientX, to.clientY - from.clientY] : [0, 0];
    if (Math.abs(x) > SWIPE && Math.abs(x) > 2 * Math.abs(y)) act(x < 0 ? 1 : -1, target);
  });
}

/// Text by players, authors and models may be of any script: each piece has its own direction.
export function prose(name, className, text) {
  const element = make(name, className, text);
  element.dir = "auto";
  return element;
}

/// localStorage that forgets instead of failing where a browser forbids or has filled it.
export const memory = {
  get(key) {
    try {
      return JSON.parse(localStorage.getItem(`story-engine:${key}`));
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      if (value === null || value === "") localStorage.removeItem(`story-engine:${key}`);
      else localStorage.setItem(`story-engine:${key}`, JSON.stringify(value));
    } catch {
      // The page works without it.
    }
  },
};
