// A case's timeline: rows of marks on one axis of time, a list of the same entries, and the detail of the one that is chosen.

const AXIS = 24;
const LANE = 16;
const GAP = 6;
const TITLE = 18;
const NEAR = 5;
const LEGEND = [
  ["queued", "queued"], ["attempt", "attempt"], ["completed", "committed"], ["failed", "failed or lost"], ["backoff", "back-off"],
  ["model", "model call"], ["odd", "hung up, retried, withdrawn, warning"], ["frozen", "stands still"],
];
const tip = document.body.appendChild(el("div", { id: "tip", hidden: true }));

class Timeline {
  /** The timeline of a case's try, by its number from 0, how many there were, and how it failed if it did. */
  constructor(one, { took_ms, entries, rows, cut }, attempt, attempts, failure) {
    Object.assign(this, { one, entries, rows, attempt, selected: -1, off: new Set(), placed: [] });
    const ends = rows.flatMap((row) => row.marks.map((mark) => mark.to ?? mark.from));
    this.end = ends.reduce((a, b) => Math.max(a, b), Math.max(took_ms, 0.01));
    this.failed = failure?.step ? entries.findLastIndex((entry) => entry.source === "step" && entry.text === failure.step) : -1;
    for (const mark of rows.flatMap((row) => row.marks)) if (mark.entry === this.failed) mark.kind = "failed";
    // Starting the processes takes longer than many a case.
    const steps = entries.find((entry) => entry.source === "step");
    this.from = steps ? Math.max(0, steps.at_ms - (this.end - steps.at_ms) / 50) : 0;
    this.to = this.end;
    for (const row of rows) stack(row);
    this.element = this.build(cut, attempts > 1 && `try ${attempt + 1} of ${attempts}`);
  }

  build(cut, title) {
    const tool = (text, label, act) => {
      const button = el("button", { type: "button", "aria-label": label, title: label }, text);
      button.addEventListener("click", act);
      return button;
    };
    this.range = el("span", { class: "range" });
    this.canvas = el("canvas", {
      tabindex: "0", role: "application",
      "aria-label": "Timeline. Left and right arrows go from entry to entry, plus and minus zoom, 0 shows the whole. The list below has the same entries.",
    });
    this.list = el("ol", { class: "list", tabindex: "0", role: "listbox", "aria-label": "Entries in the order of time" });
    this.items = this.entries.map((entry, index) => this.item(entry, index));
    this.list.append(...this.items);
    this.search = el("input", { type: "search", placeholder: "Search entries", "aria-label": "Search entries" });
    this.detail = el("div", { class: "detail", "aria-live": "polite", tabindex: "0", role: "region", "aria-label": "Detail" });
    this.detail.append(el("p", { class: "name" }, "Choose an entry in the timeline or in the list."));
    const layers = [...new Set(this.rows.map((row) => row.group))].map((group) => this.layer(group));
    const swatch = ([kind, text]) =>
      el("span", {}, el("i", { class: HATCHED.has(kind) ? "hatch" : "", style: `background-color: var(--k-${COLOURS[kind]})` }), text);
    this.listen();
    return el(
      "section",
      { class: "timeline", "aria-label": `Timeline of ${this.one.case}` },
      el(
        "div",
        { class: "tools" },
        title && el("b", {}, title),
        tool("−", "Zoom out", () => this.zoom(2)),
        tool("+", "Zoom in", () => this.zoom(0.5)),
        tool("whole", "Show the whole case", () => this.see(0, this.end)),
        this.range,
        el("span", { class: "layers", role: "group", "aria-label": "What is drawn" }, layers),
        el("span", { class: "hint" }, "drag or Ctrl+wheel to zoom, Shift+wheel to move, double click for the whole"),
      ),
      this.canvas,
      el("div", { class: "legend", "aria-hidden": "true" }, LEGEND.map(swatch)),
      cut > 0 && el("p", { class: "legend" }, `${cut} more entries are left out here, for there are too many; --json keeps all.`),
      el("div", { class: "lower" }, el("div", { class: "entries" }, this.search, this.list), this.detail),
    );
  }

  item(entry, index) {
    const name = bare(entry.lane ?? "");
    const lane = name && !entry.text.includes(name) ? `${name}: ` : "";
    return el(
      "li",
      { role: "option", id: `${this.one.index}-${this.attempt}-${index}`, "aria-selected": "false", "data-entry": String(index) },
      el("span", { class: "at" }, time(entry.at_ms)),
      el("span", { class: "source" }, entry.source),
      el("span", {}, lane + headline(entry)),
    );
  }

  layer(group) {
    const button = el("button", { type: "button", class: "layer", "aria-pressed": "true" }, group);
    button.addEventListener("click", () => {
      if (!this.off.delete(group)) this.off.add(group);
      button.setAttribute("aria-pressed", String(!this.off.has(group)));
      this.draw();
    });
    return button;
  }

  listen() {
    let drag;
    const x = (event) => event.clientX - this.canvas.getBoundingClientRect().left;
    this.canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      drag = { from: x(event) };
      this.canvas.setPointerCapture(event.pointerId);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (drag && Math.abs(x(event) - drag.from) > NEAR) {
        drag.to = x(event);
        this.draw([drag.from, drag.to]);
      }
      this.hover(event, !drag);
    });
    this.canvas.addEventListener("pointerup", (event) => {
      if (drag?.to !== undefined) {
        const [a, b] = [this.time(drag.from), this.time(drag.to)].sort((a, b) => a - b);
        this.see(a, b);
      } else if (drag) {
        const mark = this.at(event);
        if (mark) this.select(mark.entry);
      }
      drag = undefined;
    });
    this.canvas.addEventListener("pointercancel", () => {
      drag = undefined;
      this.draw();
    });
    this.canvas.addEventListener("pointerleave", () => (tip.hidden = true));
    this.canvas.addEventListener("dblclick", () => this.see(0, this.end));
    this.canvas.addEventListener(
      "wheel",
      (event) => {
        const across = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
        if (event.ctrlKey || event.metaKey) {
          this.zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) / 100), this.time(x(event)));
        } else if (across !== 0) {
          this.move((across / this.width()) * (this.to - this.from));
        } else return;
        event.preventDefault();
      },
      { passive: false },
    );
    this.canvas.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: -1, ArrowRight: 1 };
      if (event.key in steps) this.step(steps[event.key]);
      else if (event.key === "+" || event.key === "=") this.zoom(0.5, this.centre());
      else if (event.key === "-") this.zoom(2, this.centre());
      else if (event.key === "0" || event.key === "Escape") this.see(0, this.end);
      else if (event.key === "Enter") this.list.focus();
      else return;
      event.preventDefault();
    });
    this.list.addEventListener("click", (event) => {
      const item = event.target.closest("li");
      if (item) this.select(Number(item.dataset.entry));
    });
    this.list.addEventListener("keydown", (event) => {
      const steps = { ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };
      if (event.key in steps) this.step(steps[event.key]);
      else if (event.key === "Enter") this.canvas.focus();
      else return;
      event.preventDefault();
    });
    this.search.addEventListener("input", () => {
      const text = this.search.value.trim().toLowerCase();
      this.items.forEach((item, index) => (item.hidden = text !== "" && !JSON.stringify(this.entries[index]).toLowerCase().includes(text)));
    });
  }

  /** Goes to an entry that is so many further on in the list as it is shown. */
  step(by) {
    const shown = this.items.flatMap((item, index) => (item.hidden ? [] : [index]));
    const place = shown.findIndex((index) => index >= this.selected);
    const next = this.selected < 0 ? 0 : Math.max(0, Math.min(shown.length - 1, place + by));
    if (shown.length > 0) this.select(shown[next]);
  }

  /** Begins with the step that failed, if there is one. */
  begin() {
    if (this.failed >= 0) this.choose(this.failed);
  }

  /** Chooses an entry, and makes the address lead to it. */
  select(index) {
    this.choose(index);
    if (this.selected === index) history.replaceState(null, "", `#${encodeURIComponent(this.one.case)}@${index}`);
  }

  /** Chooses an entry: in the timeline, in the list and in the detail. */
  choose(index) {
    const entry = this.entries[index];
    if (!entry) return;
    this.items[this.selected]?.setAttribute("aria-selected", "false");
    this.selected = index;
    const item = this.items[index];
    item.hidden = false;
    item.setAttribute("aria-selected", "true");
    this.list.setAttribute("aria-activedescendant", item.id);
    this.list.scrollTop = item.offsetTop - this.list.offsetTop - this.list.clientHeight / 2;
    if (entry.at_ms < this.from || entry.at_ms > this.to) this.move(entry.at_ms - (this.from + this.to) / 2);
    this.show(entry);
    this.draw();
  }

  show(entry) {
    const took = entry.until_ms === undefined ? undefined : time(entry.until_ms - entry.at_ms);
    const facts = [["at", time(entry.at_ms)], ["took", took], ["source", entry.source], ["lane", entry.lane && bare(entry.lane)]];
    const said = entry.detail?.data ?? entry.detail;
    const parts = [
      el("dl", {}, facts.filter(([, value]) => value).map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
      el("pre", {}, entry.text),
      said !== undefined && el("pre", {}, JSON.stringify(said, null, 2)),
    ];
    this.detail.replaceChildren(...parts.filter(Boolean));
  }

  // The axis.

  left() {
    return this.canvas.clientWidth < 640 ? 0 : 260;
  }

  width() {
    return Math.max(this.canvas.clientWidth - this.left() - 8, 40);
  }

  x(ms) {
    return this.left() + ((ms - this.from) / (this.to - this.from)) * this.width();
  }

  time(x) {
    return this.from + ((x - this.left()) / this.width()) * (this.to - this.from);
  }

  centre() {
    const chosen = this.entries[this.selected]?.at_ms;
    return chosen >= this.from && chosen <= this.to ? chosen : (this.from + this.to) / 2;
  }

  zoom(factor, centre = this.centre()) {
    this.see(centre - (centre - this.from) * factor, centre + (this.to - centre) * factor);
  }

  move(by) {
    const length = this.to - this.from;
    const from = Math.max(0, Math.min(this.end - length, this.from + by));
    this.see(from, from + length);
  }

  see(from, to) {
    this.from = Math.max(0, from);
    this.to = Math.min(this.end, Math.max(to, this.from + 0.05));
    this.from = Math.min(this.from, this.to - 0.05);
    this.draw();
  }

  // What is under the pointer.

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const row = this.placed.find((row) => y >= row.top && y < row.top + row.height);
    if (!row) return undefined;
    const lane = Math.floor((y - row.top) / LANE);
    const far = (mark) => {
      const [a, b] = [this.x(mark.from), this.x(mark.to ?? mark.from)];
      return x < a ? a - x : x > b ? x - b : 0;
    };
    // A point before the bar behind it, a short bar before a long one.
    const near = row.row.marks.filter((mark) => mark.lane === lane && far(mark) <= NEAR);
    return near.sort((a, b) => far(a) - far(b) || (a.to ?? a.from) - a.from - ((b.to ?? b.from) - b.from)).find((mark) => mark.to === undefined) ?? near[0];
  }

  hover(event, on) {
    const mark = on ? this.at(event) : undefined;
    tip.hidden = !mark;
    this.canvas.style.cursor = mark ? "pointer" : "";
    if (!mark) return;
    const took = mark.to === undefined ? "" : `, ${time(mark.to - mark.from)}`;
    tip.textContent = `${time(mark.from)}${took}: ${mark.text}`;
    const room = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(event.clientX + 12, innerWidth - room.width - 8))}px`;
    tip.style.top = `${event.clientY + 18 + room.height > innerHeight ? event.clientY - room.height - 10 : event.clientY + 18}px`;
  }

  // Drawing.

  draw(dragged) {
    if (!this.canvas.isConnected || this.canvas.clientWidth === 0) return;
    const narrow = this.left() === 0;
    this.placed = [];
    let [top, group] = [AXIS, ""];
    for (const row of this.rows.filter((row) => !this.off.has(row.group))) {
      const first = row.group !== group;
      group = row.group;
      top += first ? GAP : 0;
      const title = narrow && (first || row.name) ? TITLE : 0;
      this.placed.push({ row, first, title: top, top: top + title, height: row.lanes * LANE });
      top += title + row.lanes * LANE + 3;
    }
    const [width, height, scale] = [this.canvas.clientWidth, top + GAP, devicePixelRatio || 1];
    this.canvas.style.height = `${height}px`;
    [this.canvas.width, this.canvas.height] = [width * scale, height * scale];
    const pen = this.canvas.getContext("2d");
    pen.scale(scale, scale);
    const style = getComputedStyle(document.documentElement);
    const colours = {};
    const colour = (name) => (colours[name] ??= style.getPropertyValue(`--${name}`).trim());
    pen.fillStyle = colour("bg");
    pen.fillRect(0, 0, width, height);
    pen.font = "12px system-ui, sans-serif";
    pen.textBaseline = "middle";
    this.drawAxis(pen, colour, height);
    for (const placed of this.placed) this.drawNames(pen, colour, placed, width);
    pen.save();
    pen.beginPath();
    pen.rect(this.left(), 0, width - this.left(), height);
    pen.clip();
    for (const placed of this.placed) this.drawMarks(pen, colour, placed);
    this.drawChosen(pen, colour, height, dragged);
    pen.restore();
    this.range.textContent = `${time(this.from)} – ${time(this.to)}`;
  }

  drawAxis(pen, colour, height) {
    const raw = ((this.to - this.from) / this.width()) * 110;
    const unit = 10 ** Math.floor(Math.log10(raw));
    const step = unit * [1, 2, 5, 10].find((n) => n * unit >= raw);
    for (let at = Math.ceil(this.from / step) * step; at <= this.to; at += step) {
      const x = Math.round(this.x(at)) + 0.5;
      pen.strokeStyle = colour("line");
      pen.beginPath();
      pen.moveTo(x, AXIS - 4);
      pen.lineTo(x, height);
      pen.stroke();
      pen.fillStyle = colour("quiet");
      const text = step >= 1000 ? `${at / 1000} s` : `${Number(at.toFixed(3))} ms`;
      pen.fillText(text, Math.min(x + 3, this.canvas.clientWidth - pen.measureText(text).width - 2), AXIS / 2);
    }
  }

  drawNames(pen, colour, { row, first, title, top }, width) {
    const narrow = this.left() === 0;
    const y = narrow ? title + TITLE / 2 : top + LANE / 2;
    if (first) {
      pen.strokeStyle = colour("line");
      pen.beginPath();
      pen.moveTo(0, title - GAP / 2);
      pen.lineTo(width, title - GAP / 2);
      pen.stroke();
      pen.fillStyle = colour("quiet");
      if (!narrow || !row.name) pen.fillText(row.group, 6, y);
    }
    pen.fillStyle = colour("text");
    const text = narrow && first && row.name ? `${row.group}: ${row.name}` : row.name;
    const left = narrow ? 6 : 84;
    pen.fillText(fitted(pen, text, (narrow ? width : this.left()) - left - 6), left, y);
  }

  drawMarks(pen, colour, { row, top }) {
    const [bars, points] = [row.marks.filter((mark) => mark.to !== undefined), row.marks.filter((mark) => mark.to === undefined)];
    for (const mark of bars) {
      if (mark.to < this.from || mark.from > this.to) continue;
      // A bar keeps to what is seen, so that its text does too.
      const from = Math.max(this.x(mark.from), this.left());
      const length = Math.max(Math.min(this.x(mark.to), this.left() + this.width()) - from - 1, 2);
      const y = top + mark.lane * LANE;
      pen.fillStyle = colour(`k-${COLOURS[mark.kind]}`);
      const inset = mark.kind === "process" ? 4 : mark.kind === "backoff" ? 4 : 1;
      pen.fillRect(from, y + inset, length, LANE - 2 * inset);
      if (HATCHED.has(mark.kind)) hatch(pen, from, y + inset, length, LANE - 2 * inset);
      if (length > 36 && inset === 1) {
        pen.fillStyle = mark.kind === "queued" || mark.kind === "stream" ? colour("text") : colour("on-mark");
        pen.fillText(fitted(pen, mark.text, length - 8), from + 4, y + LANE / 2 + 0.5);
      }
    }
    for (const mark of points) {
      if (mark.from < this.from || mark.from > this.to) continue;
      const [x, y] = [this.x(mark.from), top + mark.lane * LANE + LANE / 2];
      pen.fillStyle = pen.strokeStyle = colour(`k-${COLOURS[mark.kind]}`);
      point(pen, mark.kind, x, y);
    }
  }

  drawChosen(pen, colour, height, dragged) {
    pen.strokeStyle = colour("focus");
    const entry = this.entries[this.selected];
    if (entry) {
      const x = Math.round(this.x(entry.at_ms)) + 0.5;
      pen.beginPath();
      pen.moveTo(x, 0);
      pen.lineTo(x, height);
      pen.stroke();
      pen.lineWidth = 2;
      for (const { row, top } of this.placed) {
        for (const mark of row.marks.filter((mark) => mark.entry === this.selected)) {
          const [from, to] = [this.x(mark.from), this.x(mark.to ?? mark.from)];
          const around = mark.to === undefined ? 6 : 1;
          pen.strokeRect(from - around, top + mark.lane * LANE, to - from + 2 * around, LANE);
        }
      }
      pen.lineWidth = 1;
    }
    if (dragged) {
      pen.globalAlpha = 0.2;
      pen.fillStyle = colour("focus");
      pen.fillRect(Math.min(...dragged), 0, Math.abs(dragged[1] - dragged[0]), height);
      pen.globalAlpha = 1;
    }
  }
}
