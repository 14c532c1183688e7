// The current cell: its picture, its readings, the reasons for review, and its sums.

import { element, percent, say } from "./say.js";
import { checksOf, mending, toText, tried } from "./sums.js";

const MOST_SUMS = 4;
const MOST_READINGS = 9; // one digit each
const MOST_LINES = 4; // lines of the text field before it scrolls
const LONG = 24; // characters; of a longer reading only the difference is shown
const AROUND = 9; // characters shown on both sides of a difference
const WIDE_FIGURE = /^[-－+＋]?[\d０-９,，.．。]*[０-９，．。－＋％][\d０-９,，.．。]*[%％]?$/;
const SURE = 0.9; // confidence above which odds are easier to compare than percentages

// Readings are named by their role, since names of models are long and there is one engine.
const nameOf = ({ source, role }) => {
  const named = source === "engine" || source === "browser";
  return say(named ? `role-${role}` : `source-${source}`);
};

export class Hand {
  constructor(store, box) {
    this.store = store;
    this.parts = Object.fromEntries(
      ["crop", "text", "readings", "reasons", "sums", "said", "place"].map((name) => [
        name,
        box.querySelector(`.${name}`),
      ]),
    );
    for (const name of ["input", "compositionend"]) {
      this.parts.text.addEventListener(name, (event) => {
        if (!event.isComposing) this.plainFigure();
        this.fitText();
        this.showSums();
      });
    }
    this.parts.readings.addEventListener("click", (event) => {
      const chosen = event.target.closest("[data-number]");
      if (chosen) this.onPick?.(Number(chosen.dataset.number));
    });
  }

  crop(cell) {
    const [x, y] = cell.polygon[0].map(Math.round);
    const [u, v] = cell.polygon[2].map(Math.round);
    const at = [cell.table, cell.row, cell.col].map(encodeURIComponent).join("/");
    return `${this.store.path}/crops/${at}?v=${cell.page}.${x}.${y}.${u}.${v}`;
  }

  preload(cells) {
    for (const cell of cells) new Image().src = this.crop(cell);
  }

  show(cell) {
    const { crop, text, place } = this.parts;
    this.cell = cell;
    this.size = this.store.sizeOf(cell.table);
    const tall = cell.vertical || cell.text.includes("\n") || cell.text.length > 2 * LONG;
    const address = this.crop(cell) + (tall ? "&frame=tight" : "");
    if (crop.getAttribute("src") !== address) crop.src = address;
    crop.alt = say("crop-of", { text: cell.text });
    if (document.activeElement !== text) {
      text.value = cell.text;
      this.fitText();
    }
    crop.parentElement.classList.toggle("tall", tall);
    place.replaceChildren(
      element("b", {}, this.labels(cell).join(" · ")),
      element("br"),
      say("place", { row: cell.row + 1, col: cell.col + 1, page: cell.page }),
    );
    this.entries = checksOf(this.store, cell);
    this.readings = this.listReadings(cell);
    this.showReadings();
    this.showReasons();
    this.showSums();
    this.showSaid();
  }

  // In a numeric cell, convert full-width digits and points of an input method while typing.
  plainFigure() {
    const { text } = this.parts;
    if (!["number", "percent"].includes(this.cell.kind) || !WIDE_FIGURE.test(text.value)) return;
    const at = text.selectionStart;
    text.value = text.value.normalize("NFKC").replaceAll("。", ".");
    text.setSelectionRange(at, at);
  }

  fitText() {
    const { text } = this.parts;
    text.rows = 1;
    while (text.rows < MOST_LINES && text.scrollHeight > text.clientHeight) text.rows += 1;
  }

  // The labels of row and column, since headers may be scrolled out of view.
  labels(cell) {
    const table = this.store.tables.get(cell.table);
    const cells = table.keys.map((key) => this.store.cells.get(key)).filter((other) => other !== cell);
    const meets = (other, name, span) => other[name] < cell[name] + cell[span] && cell[name] < other[name] + other[span];
    const names = cells.filter((other) => other.kind === "text");
    const row = names.filter((other) => other.col < cell.col && meets(other, "row", "rowspan"));
    const column = names.filter((other) => other.row < Math.min(cell.row, table.header_rows) && meets(other, "col", "colspan"));
    const label = row.sort((a, b) => b.col - a.col)[0]?.text;
    const heads = column.sort((a, b) => a.row - b.row).map((other) => other.text);
    return [label, ...[...new Set(heads)].slice(-2)].filter(Boolean).map((text) => (text.length > 18 ? `${text.slice(0, 17)}…` : text));
  }

  // All proposed texts for this cell, without duplicates.
  listReadings(cell) {
    const found = new Map();
    const propose = (text, who, confidence) => {
      if (text == null) return;
      const known = found.get(text) ?? { text, who: [], confidence: null };
      if (!known.who.includes(who)) known.who.push(who);
      known.confidence ??= confidence;
      found.set(text, known);
    };
    propose(cell.text, cell.settled ? cell.settled.who : say("stands"), null);
    for (const reading of cell.readings) {
      propose(reading.text, nameOf(reading), reading.confidence);
    }
    for (const entry of this.entries) {
      const { outcome } = entry.check;
      const doubted = outcome === "rounding" && cell.flags.includes("sum-fails");
      if (outcome === "fails" || doubted) propose(mending(this.store, entry, cell), say("sum-asks"), null);
    }
    return [...found.values()].slice(0, MOST_READINGS);
  }

  showReadings() {
    this.parts.readings.replaceChildren(
      ...this.readings.map((reading, i) =>
        element(
          "li",
          { dataset: { number: i + 1 }, class: reading.text === this.cell.text ? "stands" : "" },
          element("kbd", {}, String(i + 1)),
          element("b", {}, ...this.differing(reading.text)),
          element("small", { title: reading.who.join(" · ") }, reading.who.join(" · ")),
          element("small", { class: "share" }, reading.confidence == null ? "" : percent(reading.confidence)),
        ),
      ),
    );
  }

  // A text, with the characters marked that differ from the current text.
  differing(text) {
    if (text === "") return [element("i", {}, say("blank"))];
    const own = [...this.cell.text];
    const other = [...text];
    if (text === this.cell.text) return [other.length > LONG ? `${other.slice(0, LONG).join("")}…` : text];
    let start = 0;
    while (start < own.length && start < other.length && own[start] === other[start]) start += 1;
    let end = 0;
    while (end < own.length - start && end < other.length - start && own.at(-1 - end) === other.at(-1 - end)) end += 1;
    const stop = other.length - end;
    const part = (from, to) => other.slice(from, to).join("");
    const from = other.length > LONG ? Math.max(0, start - AROUND) : 0;
    const to = other.length > LONG ? Math.min(other.length, stop + AROUND) : other.length;
    const mark = element("mark", {}, part(start, stop) || "∅");
    return [from ? "…" : "", part(from, start), mark, part(stop, to), to < other.length ? "…" : ""];
  }

  showReasons() {
    const { cell } = this;
    const words = cell.flags.map((code) => element("li", {}, say(`flag-${code}`)));
    if (cell.open && !cell.flags.length) words.push(element("li", {}, say("compare")));
    if (cell.open) {
      const odds = cell.confidence >= SURE && cell.confidence < 1;
      const share = say("confidence", { share: percent(cell.confidence) });
      const told = odds ? say("odds", { n: Math.round(1 / (1 - cell.confidence)) }) : "";
      words.push(element("li", { class: "share" }, `${share} ${told}`));
      for (const [source, confidence] of this.judges()) {
        words.push(element("li", { class: "judge" }, `${say(`source-${source}`)} ${percent(confidence)}`));
      }
    }
    this.parts.reasons.replaceChildren(...words);
  }

  // The scores that lower the confidence of the text.
  judges() {
    const against = this.cell.readings.filter(
      ({ role, confidence }) => role === "score" && confidence !== null && confidence < 0.99,
    );
    return against.map(({ source, confidence }) => [source, confidence]);
  }

  showSums() {
    const { cell, store } = this;
    const text = this.parts.text.value;
    const shown = this.entries.slice(0, MOST_SUMS).map((entry) => this.sum(entry, cell, text));
    const more = this.entries.length - shown.length;
    if (more > 0) shown.push(element("li", { class: "more" }, say("more-sums", { n: more })));
    this.parts.sums.replaceChildren(...shown);
    this.parts.sums.hidden = !this.entries.length || !store;
  }

  sum(entry, cell, text) {
    const { check } = entry;
    const live = tried(this.store, entry, cell, text);
    const outcome = live && text !== cell.text ? (live.holds ? "holds" : "fails") : check.outcome;
    const expected = (live ? toText(live.expected) : check.expected) ?? "?";
    const found = (live ? toText(live.found) : check.found) ?? "?";
    const words = found === expected ? found : say("sum-says", { found, expected });
    const kind = say(`check-${check.kind}`);
    const rule = say(`rule-${check.rule}`, {}, check.rule);
    const title = [...new Set([kind, rule].filter(Boolean))].join(" · ");
    // Within the tolerance of rounding, though the sums around it are exact.
    const doubted = outcome === "rounding" && cell.open && cell.flags.includes("sum-fails");
    const [row, col] = check.total;
    const where = say("sum-place", { row: row + 1, col: col + 1, n: check.parts.length });
    return element(
      "li",
      { class: doubted ? "doubted" : outcome },
      element("b", {}, say(`outcome-${outcome}`)),
      element("span", {}, words),
      ["fails", "rounding"].includes(outcome) && live ? element("em", {}, say("off-by", { off: toText(live.off) })) : null,
      element("small", {}, `${where} · ${title}`),
    );
  }

  showSaid() {
    const { settled, comments } = this.cell;
    const lines = [];
    if (settled) {
      lines.push(element("li", { class: "settled" }, say(`said-${settled.kind}`, { who: settled.who })));
    }
    for (const comment of comments ?? []) {
      lines.push(element("li", {}, `${comment.who}: ${comment.text}`));
    }
    this.parts.said.replaceChildren(...lines);
  }

  related() {
    const keys = new Set();
    for (const { check, table, parts } of this.entries.slice(0, 2)) {
      keys.add(`${table}/${check.total.join("/")}`);
      for (const place of check.parts) keys.add(`${parts}/${place.join("/")}`);
    }
    keys.delete(this.cell.key);
    return [...keys];
  }

  get editing() {
    return document.activeElement === this.parts.text;
  }

  edit() {
    const { text } = this.parts;
    this.since = this.store.number; // the last entry that the reviewer has seen
    text.readOnly = false;
    text.focus();
    // A number is usually retyped, a paragraph edited.
    if (text.value.length > LONG) text.setSelectionRange(text.value.length, text.value.length);
    else text.select();
  }

  leave() {
    const { text } = this.parts;
    text.readOnly = true;
    text.blur();
  }
}
