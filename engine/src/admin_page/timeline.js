// One request from its acceptance to its end.
"use strict";

import { get } from "./api.js";
import { at, button, make } from "./dom.js";
import { between, count, duration, short } from "./units.js";

/// Whether whoever looks may read prompts. The engine refuses them to all others; the page does not offer what is refused.
let readsPrompts = false;

export function offerPrompts(is) {
  readsPrompts = is;
}

/// A link to a request's timeline.
export function link(id) {
  const made = button(short(id), () => show(id), "id");
  made.title = id;
  return made;
}

export async function show(id) {
  const dialog = at("timeline");
  at("timeline-title").textContent = `Request ${id}`;
  at("timeline-body").replaceChildren(make("p", "faint", "reading …"));
  if (!dialog.open) dialog.showModal();
  try {
    at("timeline-body").replaceChildren(...body(await get(`/v1/queue/requests/${encodeURIComponent(id)}`)));
  } catch (error) {
    at("timeline-body").replaceChildren(make("p", "wrong", error.message));
  }
}

/// What the models were sent for a turn, where it is kept.
function prompts(game, turn) {
  const shown = make("pre");
  shown.hidden = true;
  const load = async (purpose) => {
    shown.hidden = false;
    shown.textContent = "reading …";
    try {
      const found = await get(`/v1/gamestate/${encodeURIComponent(game)}/prompt?turn=${turn}&purpose=${purpose}`);
      const left = found.left_out ? [`=== ${found.left_out} messages that are not kept`] : [];
      const parts = [{ role: "system", content: found.system }, ...found.messages].map(({ role, content }) => `=== ${role}\n${content}`);
      const head = `${found.model} of ${found.provider}: about ${count(found.tokens)} tokens`;
      shown.textContent = [head, parts[0], ...left, ...parts.slice(1)].join("\n\n");
    } catch (error) {
      shown.textContent = error.message;
    }
  };
  const row = make("p");
  row.append(button("Prompt of the narration", () => load("narrate")), " ", button("Prompt of the delta", () => load("extract")));
  return [row, shown];
}

function body({ request, attempts, turn, timing, model, usage, error }) {
  const said = make("p", "", `${request.type.replace("_", " ")} of game ${request.game_id}, ${request.status}`);
  const list = make("ol", "moments");
  const from = request.enqueued_at;
  const add = (time, text, className = "") => {
    const item = make("li", className);
    item.append(make("time", "", `+${duration(between(from, time))}`), make("span", "", text));
    item.firstChild.dateTime = time;
    list.append(item);
  };
  add(from, `accepted at ${from}`);
  for (const attempt of attempts) {
    add(attempt.started_at, `attempt ${attempt.attempt} claimed by ${attempt.worker}`);
    const why = attempt.error ? `: ${attempt.error.detail}` : "";
    add(attempt.ended_at, `attempt ${attempt.attempt} ${attempt.outcome}${why}`, "wrong");
  }
  const recorded = attempts.some((attempt) => attempt.started_at === request.started_at);
  if (request.started_at && !recorded) {
    add(request.started_at, `attempt ${request.attempt} claimed`);
    const after = (ms) => new Date(Date.parse(request.started_at) + ms).toISOString();
    if (timing?.first_token_ms !== undefined) add(after(timing.first_token_ms), "first token");
    if (timing?.narrated_ms !== undefined) add(after(timing.narrated_ms), "narration whole");
    if (timing?.extracted_ms !== undefined) add(after(timing.extracted_ms), "delta extracted");
  }
  if (request.not_before) add(request.not_before, "next attempt, not before");
  const end = { completed: "committed", failed: "failed for good", cancelled: "cancelled" }[request.status];
  if (request.completed_at) add(request.completed_at, end ?? request.status, request.status === "failed" ? "wrong" : "");
  const rest = [];
  if (model) rest.push(make("p", "", `${model.model} of ${model.provider}: ${count(usage.prompt_tokens)} tokens read, ${count(usage.completion_tokens)} written`));
  // What the last attempt has met is there already.
  if (error && attempts.at(-1)?.error?.detail !== error.detail) rest.push(make("p", "wrong", error.detail));
  if (error) rest.push(...(error.causes ?? []).map((cause) => make("p", "wrong", `caused by: ${cause}`)));
  if (request.position) rest.push(make("p", "", `${request.position} of its game are ahead of it`));
  if (readsPrompts && turn !== undefined) rest.push(...prompts(request.game_id, turn));
  return [said, list, ...rest];
}
