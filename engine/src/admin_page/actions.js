// What an operator can do, each asked for before it is done.
"use strict";

import { get, post, remove } from "./api.js";
import { at, button } from "./dom.js";

/// What the page shows after an action, and where it says what went wrong.
let afterwards = async () => {};
let complain = () => {};

export function onAction(look, say) {
  afterwards = look;
  complain = say;
}

/// A button that does something once the operator has said yes.
export function action(text, question, act) {
  const made = button(text, async () => {
    if (!(await isWanted(question()))) return;
    made.disabled = true;
    try {
      await act();
    } catch (error) {
      complain(error.message);
    } finally {
      made.disabled = false;
      await afterwards();
    }
  });
  return made;
}

function isWanted(question) {
  const dialog = at("confirm");
  at("question").textContent = question;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

export const pause = (scope) => post("/v1/queue/pause", scope);
export const resume = (scope) => post("/v1/queue/resume", scope);
export const cancel = (id) => post(`/v1/queue/requests/${id}/cancel`);

/// The dead letters of a cause, a page at a time. What differs only in digits is the same cause, as the engine counts it.
async function ofCause({ problem, detail }) {
  const words = (text) => text.replace(/[0-9]/g, "");
  const found = [];
  let after = "";
  do {
    const page = await get(`/v1/dead-letters?limit=200${after}`);
    const same = (letter) => letter.error.type.endsWith(`/${problem}`) && words(letter.error.detail) === words(detail);
    found.push(...page.dead_letters.filter(same));
    after = page.next ? `&after=${page.next}` : "";
  } while (after);
  return found;
}

/// Those that failed first go first, as they once arrived.
async function withEach(cause, act) {
  const refused = [];
  for (const { request_id: id } of (await ofCause(cause)).reverse()) {
    await act(id).catch((error) => refused.push(error.message));
  }
  if (refused.length > 0) throw new Error(`${refused.length} stay: ${refused[0]}`);
}

export const retryAll = (cause) => withEach(cause, (id) => post(`/v1/dead-letters/${id}/retry`));
export const deleteAll = (cause) => withEach(cause, (id) => remove(`/v1/dead-letters/${id}`));
