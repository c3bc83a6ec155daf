// The page: a list of stories, or one story. Which one is in the address, so that a reload, a bookmark and the way
// back lead to where the player was.

import { get, post, remove } from "./api.js";
import { Composer } from "./composer.js";
import { cover } from "./cover.js";
import { at, button, make, memory, onSwipe, prose } from "./dom.js";
import { Games } from "./games.js";
import { showEnd, showIdeas, showPanel } from "./panel.js";
import { setting, showSettings, speak } from "./settings.js";
import { openSheet } from "./sheet.js";
import { Story } from "./story.js";
import { small, t } from "./text.js";

/// The provider that is a script and no model.
const OFFLINE = "offline";

let story = null;
let scenarios = [];

const composer = new Composer({
  say: (words) => {
    notice();
    speak("");
    story?.say(words);
  },
  stop: () => {
    speak("");
    story?.stop();
  },
  tools: () => story?.tools,
  problem: (text) => notice(text),
});

// Says what went wrong where it is seen: above the player's line, or at the foot of the list.
function notice(text = "", actions = []) {
  const close = ["dismiss", () => notice()];
  at("problem").textContent = text.charAt(0).toUpperCase() + text.slice(1);
  at("remedies").replaceChildren(...(text ? [...actions, close] : []).map((action) => small(...action)));
  at("notice").hidden = !text;
}

const problem = (error) => notice(error.message);

function link(key) {
  at("link").textContent = key && t(key);
  at("link").className = key;
}

const games = new Games({
  open: (id) => { location.hash = id; },
  nameOf: (file) => nameOf(file),
  notice,
});

// Keeps the end of the story in sight, unless its reader has gone further up.
let wasAtEnd = true;
const isAtEnd = () => innerHeight + scrollY >= document.body.scrollHeight - 80;
addEventListener("scroll", () => { wasAtEnd = isAtEnd(); }, { passive: true });
addEventListener("resize", () => scroll());
function scroll(force) {
  if (force || wasAtEnd) scrollTo(0, document.body.scrollHeight);
}

const ui = {
  list: at("story"),
  link,
  scroll,
  state(game) {
    const place = game.place?.name ?? "";
    at("title").textContent = document.title = game.name || nameOf(game.scenario);
    at("place").textContent = place;
    at("place").hidden = !place;
    at("look").textContent = place || t("here");
    at("look").ariaLabel = [t("here"), place].filter(Boolean).join(": ");
    at("say").hidden = Boolean(game.is_ended);
    at("offline").hidden = game.provider !== OFFLINE;
    const fill = (sentence, word) => {
      openPanel(false);
      if (!game.is_ended) composer.fill(sentence, word);
    };
    showPanel(game, fill);
    showIdeas(game, fill);
    showEnd(game);
  },
  gone: () => leave(t("gone")),
  ask: (text, actions) => notice(text, actions.map(([key, act]) => [key, () => {
    notice();
    act();
  }])),
  open(id, note) {
    location.hash = id;
    ui.note = note;
  },
  // What was taken back can be changed and sent again. What the player has begun to write stays.
  restore(words) {
    if (!composer.field.value || composer.field.value === ui.restored) composer.write(words);
    ui.restored = words;
  },
  problem,
  announce(text) {
    at("announcement").textContent = text;
    if (setting("speech") === "on") speak(text);
  },
  edit(words) {
    composer.write([words, composer.field.value].filter(Boolean).join("\n"));
    composer.field.focus({ preventScroll: true });
  },
};

// There is no such story any more: its text can still be read, and the way back is one key away.
function leave(why) {
  at("say").hidden = true;
  link("");
  notice(why, [["allStories", () => { location.hash = ""; }]]);
  at("remedies").firstChild.focus();
}

async function show() {
  story?.close();
  story = null;
  notice();
  link("");
  openPanel(false);
  const id = decodeURIComponent(location.hash.slice(1));
  at("sign-in").hidden = true;
  at("menu").hidden = Boolean(id);
  at("game").hidden = at("leave").hidden = at("panel").hidden = at("look").hidden = !id;
  for (const part of ["place", "offline", "end", "say"]) at(part).hidden = true;
  ui.list.replaceChildren();
  document.body.className = id ? "playing" : "";
  try {
    scenarios = await get("/v1/scenarios");
    await (id ? play(id) : menu());
  } catch (error) {
    if (error.status === 401) signIn();
    else if (error.isGone || (id && error.status === 400)) leave(t("noSuchStory"));
    else notice(error.message, [["tryAgain", show]]);
  }
}

// The engine asks for a key, and keeps it in a cookie that this page cannot read.
function signIn() {
  for (const part of ["menu", "game", "panel", "look", "say"]) at(part).hidden = true;
  at("sign-in").hidden = false;
  at("key").focus();
}

at("key-form").onsubmit = async (event) => {
  event.preventDefault();
  try {
    await post("/v1/session", { key: at("key").value });
    memory.set("signedIn", true);
    location.reload();
  } catch (error) {
    problem(error);
  }
};

async function signOut() {
  try {
    await remove("/v1/session");
    memory.set("signedIn", "");
    location.assign("/play");
  } catch (error) {
    problem(error);
  }
}

// A game knows its scenario by its file, the list by the name without the ending.
const idOf = (file) => file.replace(/\.json$/, "");
const scenarioOf = (file) => scenarios.find(({ id }) => id === idOf(file));
const nameOf = (file) => scenarioOf(file)?.name ?? idOf(file);

async function play(id) {
  const opened = (story = new Story(id, ui));
  await opened.open();
  if (opened.closed) return;
  if (ui.note) notice(ui.note);
  ui.note = "";
  composer.open(id);
  composer.field.focus({ preventScroll: true });
}

async function menu() {
  at("title").textContent = document.title = "story-engine";
  at("scenarios").replaceChildren(...scenarios.map((scenario) => card(scenario)));
  const [{ default: provider }] = await Promise.all([get("/v1/providers"), games.load()]);
  at("no-model").hidden = provider !== OFFLINE;
}

function begin(scenario) {
  openSheet(scenario, scenarios, (game) => { location.hash = game.id; }).catch(problem);
}

function card(scenario) {
  const face = button("", () => begin(scenario));
  const note = [t("extent", scenario.places, scenario.endings), scenario.rating].filter(Boolean).join(" · ");
  face.append(cover(scenario.id), prose("strong", "", scenario.name), prose("span", "", scenario.story ?? ""), make("small", "", note));
  const item = make("li");
  item.append(face);
  return item;
}

// On a narrow screen the panel is a sheet over the story.
function openPanel(isOpen) {
  at("panel").classList.toggle("open", isOpen);
  at("look").ariaExpanded = String(isOpen);
}

// Closes menus and the panel, but for the one with this element.
function closeAllBut(element) {
  for (const menu of document.querySelectorAll("#settings, .menu[open]")) if (!menu.contains(element)) menu.open = false;
  if (!at("panel").contains(element) && element !== at("look")) openPanel(false);
}

onSwipe(ui.list, (by, part) => story?.tools.swiped(by, part));
at("look").onclick = () => openPanel(at("look").ariaExpanded !== "true");
at("again").onclick = () => begin(scenarioOf(story.game.scenario));
at("before-end").onclick = () => story.tools.undoLast();
at("leave").onclick = (event) => {
  event.preventDefault();
  location.hash = "";
};
addEventListener("keydown", ({ key }) => {
  if (key === "Escape") closeAllBut(null);
});
addEventListener("click", ({ target }) => closeAllBut(target));
addEventListener("hashchange", async () => {
  await show();
  // A reader who does not see the page change is taken to its top.
  if (!location.hash) at("title").focus();
});

showSettings(show, signOut);
show();
