// The document in this browser. Events of the reviewer are shown at once, sent in order, and stored
// in the browser until the server has stored them on disk.

import { Unreachable, get, newKey, post } from "./net.js";
import { reasonOf } from "./say.js";

export const keyOf = (table, row, col) => `${table}/${row}/${col}`;
const middle = (polygon) => [0, 1].map((axis) => polygon.reduce((sum, point) => sum + point[axis] / 4, 0));
const PAUSE = 250; // ms after the last event before its effects are requested
const LOOK = 5000; // ms between requests for the events of others
const RETRY = 1500; // ms before an unsent event is sent again

export class Store extends EventTarget {
  constructor(id) {
    super();
    this.id = id;
    this.path = `/api/documents/${id}`;
    this.tables = new Map();
    this.cells = new Map();
    this.truth = new Map(); // the server's version of cells that are shown with unsent changes
    this.own = new Map(); // last entry of this browser, by cell
    this.latest = 0; // last entry of this browser
    this.outbox = this.kept();
    this.done = JSON.parse(sessionStorage.getItem(`done ${id}`) ?? "[]"); // for undo
    this.undone = [];
    this.sending = false;
    this.reachable = true;
    this.who = localStorage.getItem("who") || document.documentElement.dataset.name;
  }

  async load() {
    const { status, data } = await get(this.path);
    if (status !== 200) throw new Error(reasonOf(data));
    this.takeWhole(data);
    this.flush();
    setInterval(() => this.outbox.length || this.sync(), LOOK);
  }

  takeWhole(data) {
    this.source = data.source;
    this.pages = new Map(data.pages.map((page) => [page.number, page]));
    this.tables.clear();
    this.cells.clear();
    this.truth.clear();
    for (const table of data.tables) this.takeTable(table);
    this.order = data.tables.map((table) => table.id);
    this.takeHead(data);
    this.emit("shape");
  }

  takeTable(table) {
    for (const key of this.tables.get(table.id)?.keys ?? []) this.cells.delete(key);
    const keys = table.cells.map((cell) => this.takeCell(table.id, cell));
    this.tables.set(table.id, { ...table, cells: undefined, keys });
  }

  takeCell(table, cell) {
    const key = keyOf(table, cell.row, cell.col);
    const before = this.cells.get(key);
    const rank = before && (before.open || !cell.open) ? before.rank : (cell.confidence ?? -1);
    this.cells.set(key, { ...cell, table, key, rank });
    return key;
  }

  takeHead({ number, tick, flags, conflicts }) {
    Object.assign(this, { number, tick, flags, conflicts });
  }

  takeNews(data) {
    // Changes refer to the last version of the server, not to unsent changes.
    for (const [key, cell] of this.truth) this.cells.set(key, cell);
    this.truth.clear();
    let reshaped = this.order.join() !== data.order.join();
    for (const part of data.changed) {
      if (part.cells) {
        this.takeTable(part);
        reshaped = true;
        continue;
      }
      if (part.checks) this.tables.get(part.id).checks = part.checks;
      for (const cell of part.changed) this.takeCell(part.id, cell);
    }
    for (const id of this.tables.keys()) {
      if (data.order.includes(id)) continue;
      for (const key of this.tables.get(id).keys) this.cells.delete(key);
      this.tables.delete(id);
    }
    this.order = data.order;
    for (const { number, flags } of data.pageFlags) this.pages.get(number).flags = flags;
    this.takeHead(data);
    this.emit(reshaped ? "shape" : "change");
  }

  // Get the events of others, and the effects of all events.
  async sync() {
    try {
      const { status, data } = await get(`${this.path}/changes?since=${this.tick}`);
      this.setReachable(true);
      // While events are being sent, the response may be older than what is shown: ask again later.
      if (status !== 200 || this.outbox.length) return;
      if (data.number < this.latest) return this.soon(); // older than an event of this browser
      if (data.pages) this.takeWhole(data);
      else if (data.tick !== this.tick || this.truth.size) this.takeNews(data);
    } catch (wrong) {
      if (!(wrong instanceof Unreachable)) throw wrong;
      this.setReachable(false);
    }
  }

  soon() {
    clearTimeout(this.later);
    this.later = setTimeout(() => this.outbox.length || this.sync(), PAUSE);
  }

  // --- events ----------------------------------------------------------------------------------

  sayOfCell(cell, kind, facts) {
    return this.sayOfCells([cell], kind, facts);
  }

  // "since": number of the last entry known when the reviewer began.
  sayOfCells(cells, kind, { text, why = "", since = this.number } = {}) {
    const words = cells.map((cell) => ({
      on: "cell",
      key: newKey(),
      kind,
      table: cell.table,
      row: cell.row,
      col: cell.col,
      ...(text === undefined ? {} : { text }),
      why,
    }));
    for (const cell of cells) this.guess(cell, kind, text, why);
    return this.post(words, cells.map((cell) => cell.key), "said", since);
  }

  // Show a change at once; the server's version follows.
  guess(cell, kind, text, why) {
    const known = { ...this.cells.get(cell.key) };
    if (!this.truth.has(cell.key)) this.truth.set(cell.key, this.cells.get(cell.key));
    this.cells.set(cell.key, known);
    const now = { who: this.who, at: new Date().toISOString(), why };
    if (kind === "comment") {
      known.comments = [...(known.comments ?? []), { ...now, text: why }];
    } else {
      if (kind === "unreadable") known.text = "";
      else if (text !== undefined) known.text = text;
      known.open = false;
      known.settled = { ...now, kind };
    }
  }

  sayOfShape(table, kind, asked) {
    return this.post([{ on: "shape", key: newKey(), kind, table, asked }], []);
  }

  sayOfPage(page, flag) {
    return this.post([{ on: "page", key: newKey(), page, flag }], []);
  }

  undo() {
    return this.back("undo", "done", "undone");
  }

  redo() {
    return this.back("redo", "undone", "done");
  }

  // Return the keys of the changed cells, null if there is nothing to do, or false if rejected.
  async back(on, from, to) {
    const last = this[from].pop();
    if (!last) return null;
    const numbers = on === "undo" ? [...last.numbers].reverse() : last.numbers;
    const words = numbers.map((of) => ({ on, key: newKey(), of }));
    const kept = await this.post(words, last.keys, on);
    this[kept ? to : from].push(last);
    this.saveDone();
    return kept && last.keys;
  }

  takeBack(number, keys) {
    return this.post([{ on: "undo", key: newKey(), of: number }], keys, "undo");
  }

  // Resolves to whether the server has stored the event.
  post(words, keys, on = "said", seen = this.number) {
    return new Promise((answered) => {
      const batch = { words, keys, on, who: this.who, seen, at: Date.now(), answered };
      this.outbox.push(batch);
      this.keep(batch);
      this.dispatchEvent(new CustomEvent("said", { detail: keys }));
      this.flush();
    });
  }

  async flush() {
    if (this.sending) return this.idle;
    this.sending = true;
    this.idle = this.sendAll();
    return this.idle;
  }

  async sendAll() {
    try {
      while (this.outbox.length) {
        const batch = this.outbox[0];
        const body = { who: batch.who, seen: this.seen(batch), words: batch.words };
        const answer = await post(`${this.path}/words`, body);
        this.setReachable(true);
        this.outbox.shift();
        localStorage.removeItem(this.placeOf(batch));
        if (answer.status === 201) this.said(batch, answer.data.numbers);
        else await this.refused(batch, answer);
        batch.answered?.(answer.status === 201);
      }
    } catch (wrong) {
      if (!(wrong instanceof Unreachable)) throw wrong;
      this.setReachable(false);
      setTimeout(() => this.flush(), RETRY);
    } finally {
      this.sending = false;
    }
    this.soon();
    this.dispatchEvent(new CustomEvent("said", { detail: [] }));
  }

  // The last entry known at the time of an event, including own events on the same cell.
  seen(batch) {
    const own = batch.keys.map((key) => this.own.get(key) ?? 0);
    return Math.max(batch.seen, ...(batch.keys.length === 1 || batch.on !== "said" ? own : []));
  }

  said(batch, numbers) {
    this.latest = Math.max(this.latest, ...numbers);
    if (batch.on === "said") {
      this.done.push({ numbers, keys: batch.keys });
      this.undone = [];
      this.saveDone();
    }
    for (const key of batch.keys) this.own.set(key, Math.max(...numbers));
  }

  async refused(batch, { status, data }) {
    for (const key of batch.keys) this.own.delete(key);
    await this.sync(); // replace the rejected change by the server's version
    for (const [i, { kind, text }] of batch.words.entries()) {
      if (kind === "edit") this.propose(batch.keys[i], text, "refused");
    }
    const detail = { status, reason: reasonOf(data), newer: data.newer ?? [], keys: batch.keys };
    this.dispatchEvent(new CustomEvent("refused", { detail }));
  }

  // A reading that the server does not have.
  propose(key, text, role, confidence = null) {
    const known = this.cells.get(key);
    const reading = { source: "browser", role, text, confidence };
    if (known) known.readings = [...known.readings, reading];
  }

  // Each batch is stored separately, so that two tabs do not overwrite each other's.
  keep(batch) {
    try {
      localStorage.setItem(this.placeOf(batch), JSON.stringify(batch));
    } catch {
      // The browser storage is full: keep it in this tab until the server has stored it.
    }
  }

  placeOf(batch) {
    return `outbox ${this.id} ${batch.words[0].key}`;
  }

  // Send what an earlier tab could not send. If both tabs send it, the server stores it once.
  kept() {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(`outbox ${this.id} `));
    return names.map((name) => JSON.parse(localStorage.getItem(name))).sort((a, b) => a.at - b.at);
  }

  saveDone() {
    this.done = this.done.slice(-200);
    sessionStorage.setItem(`done ${this.id}`, JSON.stringify(this.done));
  }

  setReachable(reachable) {
    if (this.reachable === reachable) return;
    this.reachable = reachable;
    this.emit("change");
  }

  // The name of a table for a reviewer.
  nameOf(id) {
    const { code, title } = this.tables.get(id) ?? {};
    return [code, title].filter((text) => /[\p{L}\p{N}]/u.test(text ?? "")).join(" ") || id;
  }

  sizeOf(id) {
    const { n_rows, n_cols } = this.tables.get(id) ?? {};
    return `${n_rows} ${n_cols}`;
  }

  // The cell that covers the centre of another one, which may have been removed.
  inPlaceOf({ page, polygon }) {
    const [x, y] = middle(polygon);
    const covers = (cell) => {
      const [xs, ys] = [0, 1].map((axis) => cell.polygon.map((point) => point[axis]));
      const within = (value, values) => Math.min(...values) <= value && value <= Math.max(...values);
      return cell.page === page && within(x, xs) && within(y, ys);
    };
    const far = (cell) => Math.hypot(middle(cell.polygon)[0] - x, middle(cell.polygon)[1] - y);
    return [...this.cells.values()].filter(covers).sort((a, b) => far(a) - far(b))[0];
  }

  // --- flags of pages --------------------------------------------------------------------------

  // The flags of whole pages and of tables on them: page, code, and table ids.
  doubts() {
    const found = new Map();
    const add = (page, code, table, message) => {
      const key = `${page} ${code}`;
      if (!found.has(key)) found.set(key, { page, code, tables: [], messages: [] });
      if (table) found.get(key).tables.push(table);
      if (message) found.get(key).messages.push(message);
    };
    for (const { page, code, row, table, message } of this.flags) {
      if (row === null && page !== null) add(page, code, table, message);
    }
    for (const { number, flags } of this.pages.values()) for (const code of flags) add(number, code);
    return [...found.values()].sort((a, b) => a.page - b.page);
  }

  emit(name) {
    this.dispatchEvent(new Event(name));
  }
}
