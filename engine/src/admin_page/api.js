// Calls to the engine, with the key that was typed in.
"use strict";

/// No call waits longer for its answer, in milliseconds.
const LIMIT_MS = 10_000;
/// Where the key stays: in this tab, until it is closed or signed out.
const KEPT = "story-engine:operator-key";

export const key = {
  get: () => sessionStorage.getItem(KEPT) ?? "",
  set: (text) => (text ? sessionStorage.setItem(KEPT, text) : sessionStorage.removeItem(KEPT)),
};

/// A call that failed. `message` is written for an operator.
export class CallError extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

async function call(path, options = {}) {
  const headers = { ...options.headers };
  if (key.get()) headers.authorization = `Bearer ${key.get()}`;
  let response, body;
  try {
    response = await fetch(path, { ...options, headers, signal: AbortSignal.timeout(LIMIT_MS) });
    body = response.status === 204 ? {} : await response.json().catch(() => ({}));
  } catch (error) {
    throw new CallError(error.name === "TimeoutError" ? "the engine does not answer in time" : "the engine cannot be reached");
  }
  if (response.ok) return body;
  throw new CallError(body.detail || body.title || `the engine answers ${response.status}`, response.status);
}

export const get = (path) => call(path);

export const post = (path, body) =>
  call(path, body === undefined ? { method: "POST" } : {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
  });

export const remove = (path) => call(path, { method: "DELETE" });
