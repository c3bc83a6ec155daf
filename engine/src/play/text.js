// Everything that the page says: one row for each text, with its languages in the order of LANGUAGES.

import { button } from "./dom.js";

/// What each language calls itself.
export const LANGUAGES = { en: "English", de: "Deutsch" };

const TEXTS = {
  allStories: ["All stories", "Geschichten"],
  begin: ["Begin a story", "Eine Geschichte beginnen"],
  resume: ["Go on with a story", "Weiterspielen"],
  more: ["Show more", "Mehr zeigen"],
  search: ["Search your stories", "Eigene Geschichten durchsuchen"],
  turns: [(n) => (n === 1 ? "1 turn" : `${n} turns`), (n) => (n === 1 ? "1 Zug" : `${n} Züge`)],
  extent: [
    (places, ends) => (ends > 1 ? `${places} places, ${ends} endings` : `${places} places`),
    (places, ends) => (ends > 1 ? `${places} Orte, ${ends} Enden` : `${places} Orte`),
  ],
  ended: ["ended", "beendet"],
  unreadable: ["{} cannot be opened. Please tell the operator.", "{} nicht lesbar. Bitte sag es dem Betreiber."],
  story: ["Story", "Geschichte"],
  end: ["The end.", "Ende."],
  playAgain: ["Play again", "Noch einmal spielen"],
  ask: ["What do you do?", "Was tust du?"],
  say: ["Say", "Sagen"],
  keys: [
    "Enter sends, Shift and Enter begin a new line, Esc stops the narrator. Alt+U takes back, Alt+R tells again, ↑ changes what you said, ← → show other versions.",
    "Enter sendet, Umschalt und Enter beginnen eine neue Zeile, Esc hält den Erzähler an. Alt+U nimmt zurück, Alt+R erzählt neu, ↑ ändert, was du gesagt hast, ← → zeigen andere Fassungen.",
  ],
  bytesLeft: ["{} bytes left", "noch {} Bytes"],
  tooLong: [
    "This message has {} bytes, and {} are the most that one may have. Please shorten it.",
    "Diese Nachricht hat {} Bytes, und höchstens {} sind erlaubt. Bitte kürze sie.",
  ],
  waiting: ["waiting", "wartet"],
  sending: ["sending …", "wird gesendet …"],
  sendingAgain: ["not through yet, trying again …", "noch nicht angekommen, neuer Versuch …"],
  retrying: [
    "The narrator has lost the thread and tries again …",
    "Der Erzähler hat den Faden verloren und beginnt noch einmal …",
  ],
  stopped: ["Stopped. Nothing of this has happened.", "Angehalten. Nichts davon ist geschehen."],
  failed: ["This has not happened: {}", "Das ist nicht geschehen: {}"],
  notSent: ["Not sent: {}", "Nicht gesendet: {}"],
  behind: ["the message before it was not sent.", "die Nachricht davor wurde nicht gesendet."],
  tryAgain: ["Try again", "Noch einmal"],
  edit: ["Edit", "Bearbeiten"],
  stop: ["Stop", "Anhalten"],
  stopHere: ["Stop here", "Hier anhalten"],
  discard: ["Discard", "Verwerfen"],
  cutShort: ["The narration ends here.", "Die Erzählung endet hier."],
  notReady: [
    "The storyteller is not ready. Your message waits for it.",
    "Der Erzähler ist nicht bereit. Deine Nachricht wartet auf ihn.",
  ],
  undo: ["Take back", "Zurücknehmen"],
  retry: ["Tell it again", "Neu erzählen"],
  versions: ["Versions", "Fassungen"],
  earlier: ["Earlier version", "Frühere Fassung"],
  later: ["Later version", "Spätere Fassung"],
  takenBack: ["Taken back.", "Zurückgenommen."],
  sameAgain: ["The same again.", "Noch einmal dasselbe."],
  readAloud: ["Read aloud", "Vorlesen"],
  turnMenu: ["What else can be done with this turn", "Was sonst mit diesem Zug geschehen kann"],
  change: ["Change what you said", "Ändern, was du gesagt hast"],
  retell: ["Change the narration", "Die Erzählung ändern"],
  branch: ["Go another way from here", "Von hier einen anderen Weg gehen"],
  backToHere: ["Back to here", "Hierher zurück"],
  takeBack: [
    (n) => (n === 1 ? "Take back one turn?" : `Take back ${n} turns?`),
    (n) => (n === 1 ? "Einen Zug zurücknehmen?" : `${n} Züge zurücknehmen?`),
  ],
  branched: [
    "This is a new story. It goes on from that turn; the other one is still there.",
    "Dies ist eine neue Geschichte. Sie geht von diesem Zug an weiter; die andere gibt es noch.",
  ],
  save: ["Save", "Sichern"],
  cancel: ["Cancel", "Abbrechen"],
  gameMenu: ["What else can be done with this story", "Was sonst mit dieser Geschichte geschehen kann"],
  rename: ["Rename", "Umbenennen"],
  gameName: ["Name of this story", "Name dieser Geschichte"],
  export: ["Save as a file", "Als Datei sichern"],
  transcript: ["Save to read", "Zum Lesen sichern"],
  import: ["Bring in a saved story …", "Eine gesicherte Geschichte holen …"],
  notAGame: ["This is no saved story.", "Das ist keine gesicherte Geschichte."],
  delete: ["Delete", "Löschen"],
  deleted: ["“{}” will be deleted in {} seconds.", "„{}“ wird in {} Sekunden gelöscht."],
  keepIt: ["Keep it", "Behalten"],
  beforeEnd: ["Back to before the end", "Zurück vor das Ende"],
  beginNow: ["Begin", "Beginnen"],
  character: ["You are", "Du bist"],
  narrator: ["Narrator", "Erzähler"],
  model: ["Told by", "Erzählt von"],
  rules: ["Rules", "Regeln"],
  ruleNames: [
    { strict: "Strict: only what the world holds", relaxed: "Relaxed: you may add to the world" },
    { strict: "Streng: nur, was die Welt enthält", relaxed: "Frei: du darfst die Welt ergänzen" },
  ],
  dismiss: ["Close", "Schließen"],
  refused: [
    (n) => (n === 1 ? "The rules did not allow one thing" : `The rules did not allow ${n} things`),
    (n) => (n === 1 ? "Eine Sache haben die Regeln nicht erlaubt" : `${n} Dinge haben die Regeln nicht erlaubt`),
  ],
  lost: ["Connection lost, trying again …", "Verbindung verloren, neuer Versuch …"],
  blocked: [
    "Live text does not get through here: the page asks for each answer instead.",
    "Laufender Text kommt hier nicht durch: die Seite fragt stattdessen nach jeder Antwort.",
  ],
  gone: ["This story has been deleted.", "Diese Geschichte wurde gelöscht."],
  noSuchStory: [
    "There is no such story. It may have been deleted.",
    "Diese Geschichte gibt es nicht. Vielleicht wurde sie gelöscht.",
  ],
  offline: [
    "No language model is at work: a built-in script narrates. To set one up, start the engine with --config FILE, where the file names a model under [providers.NAME].",
    "Es ist kein Sprachmodell am Werk: ein eingebautes Skript erzählt. Um eines einzurichten, starte den Server mit --config DATEI, wo die Datei unter [providers.NAME] ein Modell nennt.",
  ],
  here: ["Around you", "Umschau"],
  exits: ["Ways out", "Wege"],
  people: ["People", "Personen"],
  healths: [
    { hurt: "hurt", badly_hurt: "badly hurt", defeated: "defeated" },
    { hurt: "verletzt", badly_hurt: "schwer verletzt", defeated: "besiegt" },
  ],
  things: ["Things", "Dinge"],
  inventory: ["You carry", "Du trägst"],
  nothing: ["nothing", "nichts"],
  map: ["Map", "Karte"],
  mapOf: ["Map of {} places", "Karte von {} Orten"],
  mapInWords: ["The map in words", "Die Karte in Worten"],
  youAreAt: ["{} (you are here)", "{} (hier bist du)"],
  leadsTo: ["{} to {}", "{} zu {}"],
  ideas: ["What you could do", "Was du tun könntest"],
  go: ["Go {}", "Geh nach {}"],
  talk: ["Talk to {}", "Sprich mit {}"],
  look: ["Look at the {}", "Sieh dir das an: {}"],
  use: ["Use the {}", "Benutze: {}"],
  settings: ["Settings", "Einstellungen"],
  size: ["Text size", "Schriftgröße"],
  sizes: [
    { small: "Small", normal: "Normal", large: "Large", huge: "Very large" },
    { small: "Klein", normal: "Normal", large: "Groß", huge: "Sehr groß" },
  ],
  width: ["Line width", "Zeilenbreite"],
  widths: [{ narrow: "Narrow", normal: "Normal", wide: "Wide" }, { narrow: "Schmal", normal: "Normal", wide: "Breit" }],
  theme: ["Colours", "Farben"],
  themes: [{ light: "Light", dark: "Dark" }, { light: "Hell", dark: "Dunkel" }],
  motion: ["Motion", "Bewegung"],
  motions: [{ reduced: "None" }, { reduced: "Keine" }],
  speech: ["Read aloud", "Vorlesen"],
  speeches: [{ off: "No", on: "Yes" }, { off: "Nein", on: "Ja" }],
  language: ["Language", "Sprache"],
  auto: ["Like the device", "Wie das Gerät"],
  key: [
    "This engine asks for a key. Whoever runs it has given you one.",
    "Dieser Server verlangt einen Schlüssel. Wer ihn betreibt, hat dir einen gegeben.",
  ],
  signIn: ["Sign in", "Anmelden"],
  signOut: ["Sign out", "Abmelden"],
  unreachable: ["The engine cannot be reached. Is it running?", "Der Server ist nicht zu erreichen. Läuft er?"],
  silent: ["The engine does not answer.", "Der Server antwortet nicht."],
  status: ["The engine answers {}.", "Der Server antwortet mit {}."],
};

/// A player's words for problems of the engine, by the last segment of their type.
const PROBLEMS = {
  unauthorized: [
    "this key is not valid. Type it again, or ask for a new one.",
    "dieser Schlüssel gilt nicht. Gib ihn noch einmal ein, oder frag nach einem neuen.",
  ],
  forbidden: ["this key may not do that.", "das darf dieser Schlüssel nicht."],
  "rate-limited": ["that was a lot at once. Wait a moment.", "das war viel auf einmal. Warte einen Augenblick."],
  "budget-used-up": ["your share is used up for now.", "dein Anteil ist vorerst verbraucht."],
  "too-many-unfinished": [
    "too many messages wait already. Let the narrator answer some first.",
    "es warten schon zu viele Nachrichten. Lass den Erzähler erst einige beantworten.",
  ],
  "game-ended": ["this story is over.", "diese Geschichte ist zu Ende."],
  "game-busy": [
    "the narrator is still at work. Stop it first, wait, or take your message back.",
    "der Erzähler ist noch am Werk. Halte ihn erst an, warte, oder nimm deine Nachricht zurück.",
  ],
  "turn-not-kept": ["the story cannot go back to this turn.", "die Geschichte kann nicht zu diesem Zug zurück."],
  "queue-full": [
    "too many people play at the moment. Try again in a minute.",
    "im Augenblick spielen zu viele. Versuch es in einer Minute noch einmal.",
  ],
  "store-unavailable": [
    "the engine is not ready at the moment. Try again in a minute.",
    "der Server ist im Augenblick nicht bereit. Versuch es in einer Minute noch einmal.",
  ],
  "model-failed": ["the language model failed.", "das Sprachmodell ist ausgefallen."],
  "attempts-exhausted": ["every attempt was lost.", "alle Versuche sind fehlgeschlagen."],
  "content-mismatch": ["the game no longer fits the story's files.", "das Spiel passt nicht mehr zu den Dateien der Geschichte."],
  internal: ["the engine has a defect.", "der Server hat einen Fehler."],
};

/// Problems that are the same to a player.
const SAME = { "lane-full": "too-many-unfinished", "shutting-down": "store-unavailable" };

let column = 0;

/// Chooses a language: a key of LANGUAGES, or "auto" for the first of the browser's that the tables have.
export function setLanguage(wanted) {
  const languages = Object.keys(LANGUAGES);
  const known = [wanted, ...navigator.languages.map((tag) => tag.split("-")[0]), "en"];
  const language = known.find((tag) => tag in LANGUAGES);
  column = languages.indexOf(language);
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = t(element.dataset.text);
  for (const element of document.querySelectorAll("[data-hint]")) element.placeholder = t(element.dataset.hint);
  for (const element of document.querySelectorAll("[data-label]")) element.ariaLabel = t(element.dataset.label);
}

/// A text by its key; with values in place of each `{}`.
export function t(key, ...values) {
  const text = TEXTS[key][column];
  if (typeof text === "function") return text(...values);
  return values.reduce((text, value) => text.replace("{}", () => value), text);
}

/// The words for a problem; none where there are no better ones than the engine's own.
export const problemText = (slug) => PROBLEMS[SAME[slug] ?? slug]?.[column];

/// A small button with a text of the table.
export const small = (key, action) => button(t(key), action, "small");
