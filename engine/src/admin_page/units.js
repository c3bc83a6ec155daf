// How times and numbers are written.
"use strict";

export function duration(ms) {
  if (ms < 0) return `-${duration(-ms)}`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1000)} s`;
  return `${Math.floor(ms / 3_600_000)} h ${Math.floor((ms % 3_600_000) / 60_000)} min`;
}

/// From one time of the engine to another, in milliseconds.
export const between = (from, to) => Date.parse(to) - Date.parse(from);

export const count = (number) => number.toLocaleString("en").replaceAll(",", "\u202f");

/// An amount of the currency of the price tables, from its millionths.
export const money = (millionths) => (millionths / 1e6).toFixed(2);

export const bytes = (number) =>
  number < 1 << 20 ? `${(number / 1024).toFixed(0)} kB` : `${count(Math.round(number / (1 << 20)))} MB`;

/// Enough of an id to tell it from others; the whole of it is its title.
export const short = (id) => (id.length > 13 ? `…${id.slice(-8)}` : id);
