// The list of cases: what it shows, in which order, and what is inside a case once it is opened.
// Everything is put in as text, never as markup.

const $ = (id) => document.getElementById(id);
const read = (id) => JSON.parse($(id).textContent);

/** An element with attributes and children; strings become text. */
function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

/** Milliseconds for people. */
function time(ms) {
  if (Math.abs(ms) < 1000) return `${ms.toFixed(ms < 10 ? 2 : 1)} ms`;
  return `${(ms / 1000).toFixed(ms < 100_000 ? 3 : 1)} s`;
}

const run = read("run");
const SLOW_MS = 5000;
const OPEN_AT_FIRST = 10;
const ORDER = { failed: 0, running: 1, flaky: 2, passed: 3, skipped: 4 };
const wanted = new Set();
const cases = run.cases.map((head, index) => ({ ...head, index, element: undefined, timelines: [] }));

function head() {
  const { passed, failed, skipped, flaky } = run.summary;
  const bad = failed > 0 || !run.over;
  const counts = [`${passed} passed`, `${failed} failed`, `${skipped} skipped`];
  $("verdict").textContent = `${run.over ? "" : "Broken off: "}${counts.join(", ")}`;
  $("verdict").className = bad ? "failed" : flaky > 0 || passed === 0 ? "odd" : "passed";
  const began = run.began ? new Date(run.began).toLocaleString() : "not begun";
  const parts = [began, `in ${time(run.summary.took_ms)}`, `${run.total} ${run.total === 1 ? "case" : "cases"}`, `services: ${run.services} (${run.reason})`];
  if (flaky > 0) parts.splice(2, 0, `${flaky} flaky`);
  $("about").textContent = parts.join(" · ");
  document.title = `${failed > 0 ? "✗" : "✓"} ${counts.join(", ")} – harness`;
  for (const outcome of Object.keys(ORDER)) {
    const n = cases.filter((one) => one.outcome === outcome).length;
    if (n === 0) continue;
    $("share").append(el("i", { class: `${outcome} swatch`, style: `--n: ${n}` }));
    $("outcomes").append(chip(outcome, `${outcome} ${n}`));
  }
  const slow = cases.filter((one) => one.took_ms > SLOW_MS).length;
  if (slow > 0) $("outcomes").append(chip("slow", `slow ${slow}`));
}

function chip(what, text) {
  const button = el("button", { type: "button", "aria-pressed": "false" }, text);
  button.addEventListener("click", () => {
    if (!wanted.delete(what)) wanted.add(what);
    button.setAttribute("aria-pressed", String(wanted.has(what)));
    show();
  });
  return button;
}

/** Shows the cases that are asked for, in the order that is asked for. */
function show() {
  const text = $("search").value.trim().toLowerCase();
  const fits = (one) =>
    (wanted.size === 0 || wanted.has(one.outcome) || (wanted.has("slow") && one.took_ms > SLOW_MS)) &&
    one.words.toLowerCase().includes(text);
  const by = {
    failed: (a, b) => ORDER[a.outcome] - ORDER[b.outcome] || a.index - b.index,
    slow: (a, b) => b.took_ms - a.took_ms,
    began: (a, b) => a.from_ms - b.from_ms,
    name: (a, b) => a.case.localeCompare(b.case),
  }[$("order").value];
  const shown = cases.filter(fits).sort(by);
  $("cases").replaceChildren(...shown.map((one) => (one.element ??= caseElement(one))));
  $("shown").textContent = shown.length === cases.length ? "" : `${shown.length} of ${cases.length} cases`;
}

function caseElement(one) {
  const whole = Math.max(run.summary.took_ms, 1);
  const bar = el("i", { style: `--from: ${(100 * one.from_ms) / whole}%; --width: ${(100 * one.took_ms) / whole}%` });
  const slow = one.took_ms > SLOW_MS;
  const took = ["skipped", "running"].includes(one.outcome) ? "" : time(one.took_ms);
  const summary = el(
    "summary",
    {},
    el("span", { class: "badge" }, one.outcome),
    el("span", {}, el("span", { class: "id" }, one.case), " ", el("span", { class: "name" }, one.name)),
    el("span", { class: "when", title: `began ${time(one.from_ms)} after the run` }, bar),
    el("span", { class: slow ? "took slow" : "took" }, took, slow && " slow"),
  );
  const element = el("details", { class: `case ${one.outcome}`, id: one.case }, summary);
  element.addEventListener("toggle", () => element.open && fill(one));
  return element;
}

/** Fills a case that is opened for the first time. */
function fill(one) {
  if (one.filled) return;
  one.filled = true;
  const body = el("div", { class: "body" });
  one.element.append(body);
  const line = one.line ? `:${one.line}` : "";
  body.append(el("p", { class: "path" }, el("span", { class: "mono" }, one.path + line), one.steps ? ` · ${one.steps} steps` : ""));
  if (one.reason) body.append(el("p", {}, one.reason));
  const data = $(`case-${one.index}`);
  if (!data) return;
  const { failures, timelines } = JSON.parse(data.textContent);
  data.remove();
  failures.forEach((failure, index) => body.append(failureElement(failure, failures.length > 1 || one.outcome === "flaky" ? index + 1 : 0)));
  if (timelines.length === 0) return;
  const place = body.appendChild(el("div", { class: "place" }));
  one.build = () => {
    one.build = undefined;
    one.timelines = timelines.map((timeline, index) => new Timeline(one, timeline, index, timelines.length, failures[index]));
    place.replaceWith(...one.timelines.map((timeline) => timeline.element));
    for (const timeline of one.timelines) {
      timeline.draw();
      timeline.begin();
    }
  };
  // Many failing cases are open at first: their timelines are built when somebody comes near.
  const near = new IntersectionObserver(
    ([seen]) => {
      if (!seen.isIntersecting) return;
      near.disconnect();
      one.build?.();
    },
    { rootMargin: "400px" },
  );
  near.observe(place);
}

function failureElement(failure, attempt) {
  const title = [attempt > 0 && `try ${attempt}: `, failure.what];
  const where = [failure.step && `step “${failure.step}”`, failure.line && `line ${failure.line}`].filter(Boolean).join(", ");
  return el(
    "article",
    { class: attempt > 0 ? "failure flaky" : "failure failed" },
    where && el("div", { class: "step" }, where),
    el("h3", {}, title),
    failure.mismatches.map(mismatchElement),
    failure.snapshots.map((snapshot) => [el("b", {}, `snapshot ${snapshot.name}`), diffElement(snapshot.diff)]),
    failure.logs
      .filter((log) => log.lines.length > 0)
      .map((log) => el("details", { class: "logs" }, el("summary", {}, `last lines of ${log.process}`), el("pre", {}, log.lines.join("\n")))),
  );
}

function mismatchElement({ what, expected, actual }) {
  const [was, is] = marked(expected, actual);
  return el(
    "div",
    { class: "mismatch" },
    el("b", { class: "mono" }, what),
    el("span", {}, "expected"),
    el("pre", { class: "was" }, was),
    el("span", {}, "actual"),
    el("pre", { class: "is" }, is),
  );
}

/** Two texts, each with the part marked in which they differ. */
function marked(a, b) {
  let start = 0;
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const parts = (text) => [text.slice(0, start), el("mark", {}, text.slice(start, text.length - end)), text.slice(text.length - end)];
  return [parts(a), parts(b)];
}

function diffElement(diff) {
  const kinds = { "-": "del", "+": "add", "@": "at" };
  // The first two lines say what is kept and what there is now.
  const lines = diff.trimEnd().split("\n").map((line, n) => el("span", { class: n < 2 ? "at" : kinds[line[0]] }, line));
  return el("pre", { class: "diff" }, lines);
}

/** Goes to the case, and to its entry, that the address names: `#case`, `#case@12`. */
function follow() {
  const [id, entry] = decodeURIComponent(location.hash.slice(1)).split("@");
  const one = cases.find((one) => one.case === id);
  if (!one) return;
  one.element ??= caseElement(one);
  if (!one.element.isConnected) {
    wanted.clear();
    for (const button of $("outcomes").children) button.setAttribute("aria-pressed", "false");
    $("search").value = "";
    show();
  }
  one.element.open = true;
  fill(one);
  one.element.scrollIntoView();
  one.build?.();
  if (entry !== undefined) one.timelines.at(-1)?.select(Number(entry));
}

function start() {
  head();
  show();
  for (const one of cases.filter((one) => one.outcome === "failed").slice(0, OPEN_AT_FIRST)) {
    one.element.open = true;
    fill(one);
  }
  follow();
  $("search").addEventListener("input", show);
  $("order").addEventListener("change", show);
  $("filter").addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", follow);
  const redraw = () => cases.flatMap((one) => one.timelines).forEach((timeline) => timeline.draw());
  addEventListener("resize", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  const printing = (on) => () => {
    document.documentElement.classList.toggle("print", on);
    for (const one of cases.filter((one) => one.element?.open)) one.build?.();
    redraw();
  };
  addEventListener("beforeprint", printing(true));
  addEventListener("afterprint", printing(false));
  document.documentElement.dataset.ready = "yes";
}

start();
