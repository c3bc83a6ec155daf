// How single marks look, and how texts are made to fit.

const HATCHED = new Set(["failed", "died", "fault", "bad", "frozen", "open"]);
const COLOURS = {
  step: "step", queued: "queued", attempt: "attempt", completed: "completed", good: "completed", backoff: "backoff",
  failed: "bad", died: "bad", bad: "bad", fault: "bad", odd: "odd", frozen: "odd", signal: "odd", model: "model", open: "model",
  event: "event", chunk: "chunk", http: "http", stream: "stream", process: "process", log: "log", end: "step",
};

/** Gives each mark of a row a lane in which no other bar is at its time; points go where their row begins. */
function stack(row) {
  const ends = [];
  const bars = row.marks.filter((mark) => mark.to !== undefined).sort((a, b) => a.from - b.from);
  for (const mark of row.marks) mark.lane = 0;
  for (const mark of bars) {
    // A process is stopped while it is up: that is drawn over it.
    if (mark.kind === "frozen") continue;
    const free = ends.findIndex((end) => end <= mark.from);
    mark.lane = free < 0 ? ends.length : free;
    ends[mark.lane] = mark.to;
  }
  row.lanes = Math.max(ends.length, 1);
}

function point(pen, kind, x, y) {
  pen.beginPath();
  if (kind === "end") {
    pen.rect(x - 1, y - 7, 2, 14);
  } else if (kind === "chunk" || kind === "log") {
    pen.rect(x - 1, y - 4, 2, 8);
  } else if (kind === "bad") {
    pen.lineWidth = 2.5;
    for (const side of [-1, 1]) {
      pen.moveTo(x - 4, y - 4 * side);
      pen.lineTo(x + 4, y + 4 * side);
    }
    pen.stroke();
    pen.lineWidth = 1;
    return;
  } else if (kind === "odd" || kind === "signal") {
    pen.moveTo(x, y - 6);
    pen.lineTo(x + 5, y + 4);
    pen.lineTo(x - 5, y + 4);
  } else {
    pen.arc(x, y, 4, 0, 2 * Math.PI);
  }
  pen.fill();
}

/** What went wrong is shown by more than its colour. */
function hatch(pen, x, y, width, height) {
  pen.save();
  pen.beginPath();
  pen.rect(x, y, width, height);
  pen.clip();
  pen.strokeStyle = "rgb(255 255 255 / .35)";
  pen.beginPath();
  for (let at = x - (x % 6) - height; at < x + width; at += 6) {
    pen.moveTo(at, y + height);
    pen.lineTo(at + height, y);
  }
  pen.stroke();
  pen.restore();
}

/** As much of a text as fits. */
function fitted(pen, text, width) {
  if (width < 8) return "";
  if (pen.measureText(text).width <= width) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (pen.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return low > 0 ? `${text.slice(0, low)}…` : "";
}

function bare(name) {
  return name.replace(/^\[(.*)\]$/, "$1");
}

/** An entry in one line. */
function headline({ source, text, detail }) {
  if (source !== "event" || !detail?.data) return text.split("\n")[0];
  const { content, user_message, error, attempt } = detail.data;
  const said = content ?? user_message ?? error?.detail ?? error?.title;
  return [text, attempt && `#${attempt}`, said && `“${said}”`].filter(Boolean).join(" ").replaceAll("\n", " ");
}
