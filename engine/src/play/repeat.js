// Calls that change something go out under a key and are repeated while no answer comes: a lost answer changes nothing twice.
"use strict";

import { post } from "./api.js";

/// How long a call is repeated, in milliseconds.
export const PATIENCE_MS = 60_000;

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/// A new idempotency key. Not crypto.randomUUID, which exists only where the page came over TLS or from this machine.
export const newKey = () =>
  Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16)).join("-");

/// Posts until there is an answer that another try would not change.
export async function postOnce(path, body) {
  const headers = { "idempotency-key": newKey() };
  const until = Date.now() + PATIENCE_MS;
  for (let wait = 500; ; wait = Math.min(2 * wait, 5000)) {
    try {
      return await post(path, body, headers);
    } catch (error) {
      if (!error.isTransient || Date.now() > until) throw error;
      await pause(Math.max(wait, error.retryAfterMs));
    }
  }
}
