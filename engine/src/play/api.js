// Calls to the engine, each with a time limit, and what can go wrong. Calls that change something go out under a key and
// are repeated until they are answered: a lost answer changes nothing twice.

import { problemText, t } from "./text.js";

/// No call waits longer for its answer, in milliseconds.
const LIMIT_MS = 10_000;

/// A call that failed. `message` is written for the player.
class CallError extends Error {
  constructor(message, { status = 0, slug = "", retryAfterMs = 0 } = {}) {
    super(message);
    Object.assign(this, { status, slug, retryAfterMs });
  }

  /// Whether the same call may succeed later. It may have had an effect all the same.
  get isTransient() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }

  /// Whether there is no such game, or no longer.
  get isGone() {
    return this.status === 404 && this.slug === "unknown-game";
  }
}

async function call(path, options = {}) {
  let response, body;
  try {
    response = await fetch(path, { ...options, signal: AbortSignal.timeout(LIMIT_MS) });
    body = response.status === 204 ? {} : await response.json().catch((error) => {
      // A body that is not JSON is a proxy's page; a body that breaks off is a lost answer.
      if (error instanceof SyntaxError) return {};
      throw error;
    });
  } catch (error) {
    throw new CallError(t(error.name === "TimeoutError" ? "silent" : "unreachable"));
  }
  if (response.ok) return body;
  const slug = (body.type ?? "").split("/").at(-1);
  const fields = (body.errors ?? []).map((error) => error.detail).join("; ");
  const message = problemText(slug) ?? (fields || body.detail || body.title || t("status", response.status));
  const retryAfterMs = 1000 * (Number(response.headers.get("retry-after")) || 0);
  throw new CallError(message, { status: response.status, slug, retryAfterMs });
}

export const get = (path) => call(path);

export const post = (path, body, headers = {}) =>
  call(path, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) });

export const remove = (path) => call(path, { method: "DELETE" });

/// How long a call is repeated, in milliseconds.
export const REPEAT_MS = 60_000;

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/// A new idempotency key. crypto.randomUUID exists only over TLS and on this machine.
export const newKey = () =>
  Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16)).join("-");

/// Posts until there is an answer that another try would not change.
export async function postOnce(path, body) {
  const headers = { "idempotency-key": newKey() };
  const until = Date.now() + REPEAT_MS;
  for (let wait = 500; ; wait = Math.min(2 * wait, 5000)) {
    try {
      return await post(path, body, headers);
    } catch (error) {
      if (!error.isTransient || Date.now() > until) throw error;
      await pause(Math.max(wait, error.retryAfterMs));
    }
  }
}
