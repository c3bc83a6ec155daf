// Everything that the page says, in one table: one column for each language.
"use strict";

const TEXT = {
  en: {
    allStories: "All stories",
    begin: "Begin a story",
    resume: "Go on with one",
    more: "Show more",
    search: "Search your stories",
    turns: (n) => (n === 1 ? "1 turn" : `${n} turns`),
    ended: "ended",
    story: "Story",
    end: "The end.",
    playAgain: "Play again",
    ask: "What do you do?",
    say: "Say",
    keys: "Enter sends, Shift and Enter begin a new line, Esc stops the narrator.",
    bytesLeft: (n) => `${n} bytes left`,
    tooLong: (n, max) => `This message has ${n} bytes, and ${max} are the most that one may have. Please shorten it.`,
    waiting: "waiting",
    thinking: "…",
    sending: "sending …",
    sendingAgain: "not through yet, trying again …",
    retrying: "The narrator has lost the thread and tries again …",
    stopped: "Stopped. Nothing of this has happened.",
    failed: (why) => `This has not happened: ${why}`,
    notSent: (why) => `Not sent: ${why}`,
    behind: "the message before it was not sent.",
    tryAgain: "Try again",
    edit: "Edit",
    stop: "Stop",
    dismiss: "Close",
    refused: (n) => (n === 1 ? "The rules did not allow one thing" : `The rules did not allow ${n} things`),
    lost: "Connection lost, trying again …",
    blocked: "Live text does not get through here: the page asks for each answer instead.",
    gone: "This story has been deleted.",
    noSuchStory: "There is no such story. It may have been deleted.",
    offline: "No language model is set up, so a built-in script narrates. Whoever runs this server can set one up under “providers” in its settings.",
    here: "Around you",
    exits: "Ways out",
    people: "People",
    things: "Things",
    inventory: "You carry",
    nothing: "nothing",
    go: (way) => `Go ${way}`,
    talk: (name) => `Talk to ${name}`,
    look: (thing) => `Look at the ${thing}`,
    use: (thing) => `Use the ${thing}`,
    settings: "Settings",
    size: "Text size",
    sizes: { small: "Small", normal: "Normal", large: "Large", huge: "Very large" },
    theme: "Colours",
    themes: { auto: "Like the device", light: "Light", dark: "Dark" },
    motion: "Motion",
    motions: { auto: "Like the device", reduced: "None" },
    speech: "Read aloud",
    speeches: { off: "No", on: "Yes" },
    language: "Language",
    languages: { auto: "Like the device" },
    unreachable: "The engine cannot be reached. Is it running?",
    silent: "The engine does not answer.",
    status: (status) => `The engine answers ${status}.`,
    problems: {
      "game-ended": "this story is over.",
      "lane-full": "too many messages wait already. Let the narrator answer some first.",
      "queue-full": "too many people play at the moment. Try again in a minute.",
      "store-unavailable": "the engine cannot reach its store at the moment. Try again in a minute.",
      "shutting-down": "the engine is restarting. Try again in a minute.",
      "model-failed": "the language model failed.",
      "attempts-exhausted": "every attempt was lost.",
      "content-mismatch": "the game no longer fits the story's files.",
      "internal": "the engine has a defect.",
    },
  },
  de: {
    allStories: "Geschichten",
    begin: "Eine Geschichte beginnen",
    resume: "Weiterspielen",
    more: "Mehr zeigen",
    search: "Eigene Geschichten durchsuchen",
    turns: (n) => (n === 1 ? "1 Zug" : `${n} Züge`),
    ended: "beendet",
    story: "Geschichte",
    end: "Ende.",
    playAgain: "Noch einmal spielen",
    ask: "Was tust du?",
    say: "Sagen",
    keys: "Enter sendet, Umschalt und Enter beginnen eine neue Zeile, Esc hält den Erzähler an.",
    bytesLeft: (n) => `noch ${n} Bytes`,
    tooLong: (n, max) => `Diese Nachricht hat ${n} Bytes, und höchstens ${max} sind erlaubt. Bitte kürze sie.`,
    waiting: "wartet",
    thinking: "…",
    sending: "wird gesendet …",
    sendingAgain: "noch nicht angekommen, neuer Versuch …",
    retrying: "Der Erzähler hat den Faden verloren und beginnt noch einmal …",
    stopped: "Angehalten. Nichts davon ist geschehen.",
    failed: (why) => `Das ist nicht geschehen: ${why}`,
    notSent: (why) => `Nicht gesendet: ${why}`,
    behind: "die Nachricht davor wurde nicht gesendet.",
    tryAgain: "Noch einmal",
    edit: "Bearbeiten",
    stop: "Anhalten",
    dismiss: "Schließen",
    refused: (n) => (n === 1 ? "Eine Sache haben die Regeln nicht erlaubt" : `${n} Dinge haben die Regeln nicht erlaubt`),
    lost: "Verbindung verloren, neuer Versuch …",
    blocked: "Laufender Text kommt hier nicht durch: die Seite fragt stattdessen nach jeder Antwort.",
    gone: "Diese Geschichte wurde gelöscht.",
    noSuchStory: "Diese Geschichte gibt es nicht. Vielleicht wurde sie gelöscht.",
    offline: "Es ist kein Sprachmodell eingerichtet, darum erzählt ein eingebautes Skript. Wer diesen Server betreibt, kann unter „providers“ eines einrichten.",
    here: "Umschau",
    exits: "Wege",
    people: "Personen",
    things: "Dinge",
    inventory: "Du trägst",
    nothing: "nichts",
    go: (way) => `Geh nach ${way}`,
    talk: (name) => `Sprich mit ${name}`,
    look: (thing) => `Sieh dir das an: ${thing}`,
    use: (thing) => `Benutze: ${thing}`,
    settings: "Einstellungen",
    size: "Schriftgröße",
    sizes: { small: "Klein", normal: "Normal", large: "Groß", huge: "Sehr groß" },
    theme: "Farben",
    themes: { auto: "Wie das Gerät", light: "Hell", dark: "Dunkel" },
    motion: "Bewegung",
    motions: { auto: "Wie das Gerät", reduced: "Keine" },
    speech: "Vorlesen",
    speeches: { off: "Nein", on: "Ja" },
    language: "Sprache",
    languages: { auto: "Wie das Gerät" },
    unreachable: "Der Server ist nicht zu erreichen. Läuft er?",
    silent: "Der Server antwortet nicht.",
    status: (status) => `Der Server antwortet mit ${status}.`,
    problems: {
      "game-ended": "diese Geschichte ist zu Ende.",
      "lane-full": "es warten schon zu viele Nachrichten. Lass den Erzähler erst einige beantworten.",
      "queue-full": "im Augenblick spielen zu viele. Versuch es in einer Minute noch einmal.",
      "store-unavailable": "der Server erreicht seinen Speicher nicht. Versuch es in einer Minute noch einmal.",
      "shutting-down": "der Server startet neu. Versuch es in einer Minute noch einmal.",
      "model-failed": "das Sprachmodell ist ausgefallen.",
      "attempts-exhausted": "alle Versuche sind fehlgeschlagen.",
      "content-mismatch": "das Spiel passt nicht mehr zu den Dateien der Geschichte.",
      "internal": "der Server hat einen Fehler.",
    },
  },
};

/// What each language calls itself.
export const LANGUAGES = { en: "English", de: "Deutsch" };

let table = TEXT.en;

/// Chooses a language: a key of LANGUAGES, or "auto" for the first of the browser's that the table has.
export function setLanguage(wanted) {
  const known = wanted in TEXT ? [wanted] : navigator.languages.map((tag) => tag.split("-")[0]);
  const language = known.find((tag) => tag in TEXT) ?? "en";
  table = TEXT[language];
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = t(element.dataset.text);
  for (const element of document.querySelectorAll("[data-label]")) element.ariaLabel = t(element.dataset.label);
}

/// A text by its key; with values where the text has places for some.
export function t(key, ...values) {
  const text = table[key];
  return typeof text === "function" ? text(...values) : text;
}

/// A player's words for a problem of the engine, by the last segment of its type; none where there are no better ones
/// than the engine's own.
export const problemText = (slug) => table.problems[slug];
