// A line of the latest values, the newest at the right: it fills its place after a minute, and goes back ten.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const LEAST = 60;
const MOST = 600;
const HEIGHT = 60;

export class Sparkline {
  #values = [];
  #line = document.createElementNS(SVG, "polyline");
  #area = document.createElementNS(SVG, "polygon");

  constructor(svg, label) {
    this.svg = svg;
    this.label = label;
    this.#line.setAttribute("vector-effect", "non-scaling-stroke");
    svg.append(this.#area, this.#line);
  }

  push(value) {
    this.#values = [...this.#values, value].slice(-MOST);
    const top = Math.max(1, ...this.#values);
    const width = Math.max(LEAST, this.#values.length);
    const start = width - this.#values.length;
    this.svg.setAttribute("viewBox", `0 0 ${width - 1} ${HEIGHT}`);
    const at = (value) => (HEIGHT - 2 - (value / top) * (HEIGHT - 6)).toFixed(1);
    const points = this.#values.map((value, n) => `${start + n},${at(value)}`);
    this.#line.setAttribute("points", points.join(" "));
    this.#area.setAttribute("points", `${start},${HEIGHT} ${points.join(" ")} ${width - 1},${HEIGHT}`);
    this.svg.setAttribute("aria-label", `${this.label}: ${value} now, at most ${Math.max(...this.#values)}`);
  }
}
