// The Markdown that language models write, as elements. Nothing is ever parsed as HTML, and there are no links and no
// images, so no text can do anything.

import { make, prose } from "./dom.js";

// Code comes first, for nothing in it is emphasis. A mark opens emphasis before a character and closes it after one; an
// underscore within a word, as in snake_case, does neither.
const SPANS = new RegExp([
  /`(?<code>[^`\n]+)`/,
  /\*\*\*(?=\S)(?<both>.+?)(?<=\S)\*\*\*/,
  /\*\*(?=\S)(?<strong>.+?)(?<=\S)\*\*/,
  /\*(?=\S)(?<em>[^*]+?)(?<=\S)\*/,
  /(?<![\p{L}\p{N}_])__(?=\S)(?<strong2>.+?)(?<=\S)__(?![\p{L}\p{N}_])/,
  /(?<![\p{L}\p{N}_])_(?=\S)(?<em2>[^_]+?)(?<=\S)_(?![\p{L}\p{N}_])/,
].map(({ source }) => source).join("|"), "u");

function inline(parent, text) {
  let rest = text;
  for (let found; (found = SPANS.exec(rest)); rest = rest.slice(found.index + found[0].length)) {
    const { code, both, strong, em, strong2, em2 } = found.groups;
    parent.append(rest.slice(0, found.index));
    if (code !== undefined) {
      parent.append(make("code", "", code));
      continue;
    }
    const outer = parent.appendChild(make(em ?? em2 ? "em" : "strong"));
    inline(both ? outer.appendChild(make("em")) : outer, both ?? strong ?? strong2 ?? em ?? em2);
  }
  parent.append(rest);
}

// Straight quotation marks become curly; which way depends on what is before one, emphasis apart. Code stays.
const quotes = (line) => line.replaceAll(/`[^`]+`|["']/g, (mark, at) => {
  if (mark.length > 1) return mark;
  const opens = /(^|[\s([{–—-])["']?$/.test(line.slice(0, at).replace(/[*_]+$/, ""));
  return (mark === '"' ? "“”" : "‘’")[opens ? 0 : 1];
});

const RULE = /^ {0,3}([-*_])( *\1){2,} *$/;
const KINDS = [
  { tag: "blockquote", mark: /^ {0,3}> ?/ },
  { tag: "ul", mark: /^ {0,3}[-*+•] +/, item: "li" },
  { tag: "ol", mark: /^ {0,3}\d{1,3}[.)] +/, item: "li" },
  { tag: "h3", mark: /^ {0,3}#{1,6} +/ },
];

/// The blocks of a text, as elements.
export function render(text) {
  const blocks = [];
  let open = null;
  const add = (kind, line) => {
    const content = kind ? line.replace(kind.mark, "") : line;
    if (!open || open.kind !== kind || kind?.tag === "h3") {
      open = { kind, element: prose(kind?.tag ?? "p", "", "") };
      blocks.push(open.element);
    } else if (!kind?.item) {
      open.element.append(make("br"));
    }
    const target = kind?.item ? open.element.appendChild(prose(kind.item, "", "")) : open.element;
    inline(target, quotes(content.trimEnd()));
  };
  for (const line of text.split("\n")) {
    if (!line.trim()) open = null;
    else if (RULE.test(line)) {
      blocks.push(make("hr"));
      open = null;
    } else add(KINDS.find(({ mark }) => mark.test(line)) ?? null, line);
  }
  return blocks;
}
