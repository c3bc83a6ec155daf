// The operators' page: looks once a second, as long as somebody looks at it.
"use strict";

import { onAction } from "./actions.js";
import { get, key } from "./api.js";
import { at } from "./dom.js";
import * as panels from "./panels.js";
import { say } from "./rows.js";
import { offerPrompts, show } from "./timeline.js";

/// How often the overview is read, and how often the audit log, in milliseconds.
const EVERY_MS = 1000;
const AUDIT_EVERY = 5;
/// How soon it is tried again after an error.
const AGAIN_MS = 3000;

let timer;
let rounds = 0;
let seen = false;

function signIn(needed) {
  at("sign-in").hidden = !needed;
  at("panels").hidden = needed || !seen;
  at("find").hidden = needed;
  at("sign-out").hidden = needed || !key.get();
  if (needed && document.activeElement !== at("key")) at("key").focus();
}

function complain(text) {
  at("problem").hidden = !text;
  say(at("problem"), text);
}

async function look() {
  clearTimeout(timer);
  let wait = EVERY_MS;
  try {
    const overview = await get("/v1/overview");
    seen = true;
    signIn(false);
    panels.asOf(overview.at);
    offerPrompts(overview.may_write);
    for (const panel of [panels.queue, panels.pauses, panels.workers, panels.providers, panels.lanes, panels.causes, panels.tenants]) {
      panel(overview);
    }
    document.body.classList.remove("stale");
    say(at("link"), `as of ${new Date(overview.at).toLocaleTimeString("en-GB")}${overview.may_write ? "" : ", read-only"}`);
    if (rounds++ % AUDIT_EVERY === 0) panels.audit(await get("/v1/audit?limit=10"));
  } catch (error) {
    wait = AGAIN_MS;
    document.body.classList.toggle("stale", seen);
    if (error.status === 401) {
      complain(key.get() ? "The key is unknown, was revoked or has expired." : "");
      key.set("");
      say(at("link"), "signed out");
      signIn(true);
      return;
    }
    if (error.status === 403) {
      complain("This key may not look at the deployment: it takes one of a viewer or an operator.");
      key.set("");
      signIn(true);
      return;
    }
    say(at("link"), `${error.message}; trying again`);
  }
  if (!document.hidden) timer = setTimeout(look, wait);
}

at("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  key.set(at("key").value.trim());
  at("key").value = "";
  complain("");
  look();
});
at("sign-out").addEventListener("click", () => {
  key.set("");
  location.reload();
});
at("find").addEventListener("submit", (event) => {
  event.preventDefault();
  show(at("request").value.trim());
});
document.addEventListener("visibilitychange", () => document.hidden || look());
onAction(async () => {
  rounds = 0;
  await look();
}, complain);
look();
