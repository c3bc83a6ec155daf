// Covers of stories, drawn from their ids: hills under a sky.

import { shape } from "./dom.js";

// Sky, sun or moon, three hills: evening, night, morning, sea, wood, desert.
const PALETTES = [
  ["#e8b48a", "#fff0d2", "#b5716a", "#7c4a5c", "#43304a"],
  ["#39435e", "#f2ead0", "#4d5a78", "#2f3850", "#1d2333"],
  ["#cfdcd6", "#fff6e0", "#93aaa3", "#64807c", "#3c5657"],
  ["#a9c7d6", "#fdf3da", "#6f9cb3", "#43718c", "#284c66"],
  ["#c9cfa6", "#fbf4d4", "#8f9d69", "#627148", "#3c4a31"],
  ["#ecd3a0", "#fff7e3", "#cf9d63", "#a2703f", "#6d4a2c"],
];

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

/// The cover of a story, as an SVG element that says nothing to a screen reader.
export function cover(id) {
  const draw = numbers(hash(id));
  const svg = shape("svg", { viewBox: "0 0 320 44", preserveAspectRatio: "xMidYMid slice", class: "cover", "aria-hidden": "true" });
  const [sky, sun, ...hills] = PALETTES[Math.floor(draw() * PALETTES.length)];
  svg.append(shape("rect", { width: 320, height: 44, fill: sky }));
  svg.append(shape("circle", { cx: 30 + draw() * 260, cy: 8 + draw() * 12, r: 3 + draw() * 4, fill: sun }));
  hills.forEach((fill, hill) => {
    const base = 20 + hill * 8;
    const points = Array.from({ length: 11 }, (_, at) => `${at * 32},${base + (draw() - 0.5) * (15 - hill * 4)}`);
    svg.append(shape("polygon", { points: `0,44 ${points.join(" ")} 320,44`, fill }));
  });
  return svg;
}
