// The panels: each shows a part of the overview.
"use strict";

import { action, cancel, deleteAll, pause, resume, retryAll } from "./actions.js";
import { at, make } from "./dom.js";
import { fill, row, say } from "./rows.js";
import { Sparkline } from "./sparkline.js";
import { link } from "./timeline.js";
import { between, bytes, count, duration, money, short } from "./units.js";

const depth = new Sparkline(at("depth"), "Queued requests since this page was opened");

/// Whether a scope is paused.
function pauseOf(overview, scope, field, value) {
  return overview.pauses.find(({ what }) => what.scope === scope && (!field || what[field] === value));
}

/// Two buttons of which one is shown: to pause, and to resume.
function switches(cell, names, scope, mayWrite, questions) {
  const stop = action(names[0], questions[0], () => pause(scope()));
  const go = action(names[1], questions[1], () => resume(scope()));
  if (mayWrite) cell.append(stop, go);
  return (isPaused) => {
    stop.hidden = isPaused;
    go.hidden = !isPaused;
  };
}

function badge(element, text, kind) {
  say(element, text);
  element.className = `badge ${kind}`;
}

/// The time of the document that is shown.
let shownAt;
export const asOf = (time) => { shownAt = time; };

let queueSwitch;

export function queue(overview) {
  const { queue: now, store, streams, version } = overview;
  depth.push(now.depth);
  queueSwitch ??= switches(at("queue-actions"), ["Pause all", "Resume all"], () => ({ scope: "all" }), overview.may_write, [
    () => "Claim nothing until it is resumed? Messages are accepted, and wait.",
    () => "Let everything go on?",
  ]);
  queueSwitch(pauseOf(overview, "all") !== undefined);
  const figures = [
    ["queued", count(now.depth)], ["story events", count(now.story_events)], ["oldest", duration(now.oldest_age_ms)], ["ready", count(now.ready)],
    ["delayed", count(now.delayed)], ["paused", count(now.paused)], ["active", count(now.active)],
    ["dead letters", count(now.dead_letters)], ["workers", count(now.workers)],
    ["store", bytes(store.used_bytes) + (store.limit_bytes ? ` of ${bytes(store.limit_bytes)}` : "")],
    ["streams here", streams ? `${count(streams.open)} of ${count(streams.max)}` : "none"], ["version", version],
  ];
  fill(at("figures"), figures, ([name]) => name, ([name]) => {
    const element = make("div");
    const value = make("dd");
    element.append(make("dt", "", name), value);
    return { element, update: ([, text]) => say(value, text) };
  });
}

export function pauses({ pauses: all }) {
  at("pauses").hidden = all.length === 0;
  const name = ({ scope, provider, tenant, game_id, worker }) =>
    ({ all: "Everything", provider: `The provider ${provider}`, tenant: `The tenant ${tenant}`, game: `Game ${game_id}`, worker })[scope];
  fill(at("pauses"), all, ({ what }) => JSON.stringify(what), ({ what }) => {
    const element = make("li");
    const done = what.scope === "worker" ? "drained" : "paused";
    const update = ({ by, since }) => say(element, `${name(what)} is ${done} by ${by}, ${duration(between(since, shownAt))} ago`);
    return { element, update };
  });
}

export function workers(overview) {
  fill(at("workers"), overview.workers, ({ name }) => name, ({ name }) => {
    const { element, cells: [who, slots, oldest, seen, does] } = row(5);
    who.append(make("span", "id", name), make("span", "faint"), make("span"));
    const bar = make("span", "bar");
    bar.append(make("i"));
    slots.append(bar, make("span"));
    const set = switches(does, ["Drain", "Resume"], () => ({ scope: "worker", worker: name }), overview.may_write, [
      () => `Drain ${name}? It takes no new work, and finishes what runs.`,
      () => `Let ${name} take work again?`,
    ]);
    const update = ({ about, turns, drained, seen_at }) => {
      say(who.children[1], about ? ` ${about.host}` : "");
      badge(who.children[2], drained ? (turns.length > 0 ? "draining" : "drained") : "", drained ? "held" : "none");
      say(slots.children[1], `${turns.length} of ${about?.slots ?? "?"}`);
      bar.firstChild.style.setProperty("width", `${Math.min(100, (100 * turns.length) / (about?.slots || 1))}%`);
      const ages = turns.map((turn) => between(turn.since, shownAt));
      say(oldest, ages.length > 0 ? duration(Math.max(...ages)) : "");
      const late = between(seen_at, shownAt);
      say(seen, `${duration(Math.max(0, late))} ago`);
      seen.className = late > 6000 ? "wrong" : "";
      set(drained !== undefined);
    };
    return { element, update };
  });
}

export function providers(overview) {
  const sums = new Map();
  for (const figures of overview.workers.flatMap((worker) => worker.about?.models ?? [])) {
    const sum = sums.get(figures.provider) ?? { succeeded: 0, failed: 0, prompt: 0, completion: 0, cost: 0, first: [] };
    sum.succeeded += figures.succeeded;
    sum.failed += figures.failed;
    sum.prompt += figures.prompt_tokens;
    sum.completion += figures.completion_tokens;
    sum.cost += figures.cost_millionths;
    if (figures.first_token_ms !== undefined) sum.first.push(figures.first_token_ms);
    sums.set(figures.provider, sum);
  }
  const shown = overview.providers.map((provider) => ({
    ...provider, sum: sums.get(provider.name), isPaused: pauseOf(overview, "provider", "provider", provider.name) !== undefined,
  }));
  fill(at("providers"), shown, ({ name }) => name, ({ name }) => {
    const { element, cells: [who, circuit, games, first, calls, tokens, cost, does] } = row(8);
    say(who, name || "(default)");
    circuit.append(make("span"), make("small", "faint"));
    const set = switches(does, ["Pause", "Resume"], () => ({ scope: "provider", provider: name }), overview.may_write, [
      () => `Claim no game of ${name} until it is resumed?`,
      () => `Let the games of ${name} go on?`,
    ]);
    const update = (now) => {
      badge(circuit.children[0], now.circuit.replace("_", " "), { closed: "well", open: "bad", half_open: "held" }[now.circuit]);
      const why = now.circuit === "closed" ? "" : `${now.detail ?? ""} Next probe in ${duration(Math.max(0, between(shownAt, now.probe_at ?? shownAt)))}.`;
      say(circuit.children[1], now.isPaused ? `paused by an operator. ${why}` : why);
      say(games, `${count(now.waiting)} wait${now.in_use ? `, ${count(now.in_use)} run` : ""}`);
      const { sum } = now;
      say(first, sum?.first.length ? duration(sum.first.reduce((a, b) => a + b, 0) / sum.first.length) : "");
      say(calls, sum ? `${count(sum.succeeded)} ok, ${count(sum.failed)} failed` : "");
      say(tokens, sum ? `${count(sum.prompt)} / ${count(sum.completion)}` : "");
      say(cost, sum?.cost ? (sum.cost / 1_000_000).toFixed(2) : "");
      set(now.isPaused);
    };
    return { element, update };
  });
}

export function lanes(overview) {
  at("more-lanes").hidden = !overview.lanes.more;
  const shown = overview.lanes.lanes.map((lane) => ({
    ...lane, isPaused: pauseOf(overview, "game", "game_id", lane.game_id) !== undefined,
  }));
  fill(at("lanes"), shown, ({ game_id }) => game_id, ({ game_id: id }) => {
    const { element, cells: [game, state, requests, head, waits, does] } = row(6);
    const name = make("span", "id", short(id));
    name.title = id;
    game.append(name);
    state.append(make("span"));
    let first;
    const set = switches(does, ["Pause", "Resume"], () => ({ scope: "game", game_id: id }), overview.may_write, [
      () => `Claim nothing of game ${id} until it is resumed?`,
      () => `Let game ${id} go on?`,
    ]);
    if (overview.may_write) does.append(action("Cancel head", () => `Cancel request ${first}?`, () => cancel(first)));
    const update = (lane) => {
      badge(state.children[0], lane.state, { active: "well", ready: "none", delayed: "held", paused: "held", idle: "none" }[lane.state]);
      say(requests, count(lane.requests.length));
      if (lane.requests[0] !== first) {
        [first] = lane.requests;
        head.replaceChildren(...(first ? [link(first)] : []));
      }
      const { lease, not_before: due } = lane;
      if (lease) say(waits, `${lease.worker}; its lease ends in ${duration(between(shownAt, lease.expires_at))}`);
      else if (due) say(waits, `its next attempt in ${duration(Math.max(0, between(shownAt, due)))}`);
      else if (lane.waits_for) say(waits, `the provider ${lane.waits_for} gets no calls`);
      else say(waits, lane.state === "paused" ? "an operator has paused it" : "a free worker");
      set(lane.isPaused);
    };
    return { element, update };
  });
}

export function causes(overview) {
  fill(at("causes"), overview.causes, ({ problem, detail }) => problem + detail.replace(/[0-9]/g, ""), (cause) => {
    const { element, cells: [number, why, latest, example, does] } = row(5);
    why.append(make("b"), make("span"));
    let now = cause;
    let shown;
    if (overview.may_write) {
      does.append(
        action("Retry", () => `Queue all ${now.count} of this cause again?`, () => retryAll(now)),
        action("Delete", () => `Forget all ${now.count} of this cause? What they asked for is not narrated.`, () => deleteAll(now)),
      );
    }
    const update = (cause) => {
      now = cause;
      say(number, count(cause.count));
      say(why.children[0], cause.problem);
      say(why.children[1], ` ${cause.detail}`);
      say(latest, `${duration(Math.max(0, between(cause.last_failed_at, shownAt)))} ago`);
      if (shown !== cause.example) {
        shown = cause.example;
        example.replaceChildren(link(shown));
      }
    };
    return { element, update };
  });
}

export function tenants(overview) {
  const all = overview.tenants.map((of) => ({ ...of, isPaused: pauseOf(overview, "tenant", "tenant", of.tenant) !== undefined }));
  fill(at("tenants"), all, ({ tenant }) => tenant, ({ tenant }) => {
    const { element, cells: [who, unfinished, tokens, cost, keys, does] } = row(6);
    const set = switches(does, ["Pause", "Resume"], () => ({ scope: "tenant", tenant }), overview.may_write, [
      () => `Claim no game of ${tenant} until it is resumed? Its messages are accepted, and wait.`,
      () => `Let the games of ${tenant} go on?`,
    ]);
    say(who, tenant);
    const update = (now) => {
      const used = [
        [unfinished, now.unfinished, now.max_unfinished, count],
        [tokens, now.tokens_used, now.max_tokens, count],
        [cost, now.cost_millionths, now.max_cost_millionths, money],
      ];
      for (const [cell, number, most, write] of used) say(cell, most ? `${write(number)} of ${write(most)}` : write(number));
      say(keys, count(now.keys));
      set(now.isPaused);
      element.className = used.some(([, number, most]) => most && number >= 0.8 * most) ? "wrong" : "";
    };
    return { element, update };
  });
}

export function audit({ entries }) {
  fill(at("audit"), entries, ({ at: when, action, subject }) => when + action + subject, (entry) => {
    const element = make("li");
    const outcome = entry.outcome === "done" ? "" : `, refused: ${entry.outcome}`;
    const time = make("time", "faint", new Date(entry.at).toLocaleTimeString("en-GB"));
    time.dateTime = entry.at;
    element.append(time, make("b", "", ` ${entry.action} `), make("span", "", `${entry.subject} by ${entry.by}${outcome}`));
    return { element, update: () => {} };
  });
}
