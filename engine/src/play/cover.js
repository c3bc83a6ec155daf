// Covers of stories, drawn from their ids: the same story always has the same one. Hills under a sky, in the page's colours.
"use strict";

const SVG = "http://www.w3.org/2000/svg";

// FNV-1a: small, and the same in every browser.
function hash(text) {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}

// Mulberry32: numbers from 0 to 1 that follow from the seed alone.
function numbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shape(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/// The cover of a story, as an SVG element that says nothing to a screen reader.
export function cover(id) {
  const draw = numbers(hash(id));
  const svg = shape("svg", { viewBox: "0 0 160 60", preserveAspectRatio: "xMidYMid slice", class: "cover", "aria-hidden": "true" });
  const hue = Math.floor(draw() * 360);
  svg.append(shape("rect", { width: 160, height: 60, fill: `hsl(${hue} 35% 72%)` }));
  svg.append(shape("circle", {
    cx: 20 + draw() * 120, cy: 10 + draw() * 18, r: 4 + draw() * 7, fill: `hsl(${(hue + 40) % 360} 80% 90%)`,
  }));
  for (let hill = 0; hill < 3; hill++) {
    const base = 30 + hill * 9;
    const points = Array.from({ length: 9 }, (_, at) => `${at * 20},${base + (draw() - 0.5) * (18 - hill * 4)}`);
    const fill = `hsl(${(hue + 190 + hill * 12) % 360} 30% ${46 - hill * 13}%)`;
    svg.append(shape("polygon", { points: `0,60 ${points.join(" ")} 160,60`, fill }));
  }
  return svg;
}
