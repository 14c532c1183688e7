// The desk: one document, one cell in hand. Everything can be done from the keyboard.

import { Group } from "./group.js";
import { Hand } from "./hand.js";
import { element, notice, say } from "./say.js";
import { Scan } from "./scan.js";
import { Shape } from "./shape.js";
import { Sheet } from "./sheet.js";
import { Store } from "./state.js";
import { inReadingOrder, isDoubtful, neighbour, queueOf, worstFirst } from "./walk.js";

const $ = (selector) => document.querySelector(selector);
const AHEAD = 3; // cells whose pictures are fetched before they are looked at

const store = new Store(document.documentElement.dataset.document);
const scan = new Scan(store, $("#scan"));
const sheet = new Sheet(store, $("#sheet"));
const hand = new Hand(store, $("#hand"));
const group = new Group(store, hand, $("#group"));
const shape = new Shape(store, sheet, scan, $("#shape"));

const sampled = new Set(JSON.parse($("#sampled").textContent).map((at) => at.join("/")));
const sampling = document.documentElement.dataset.queue === "sample";
const wanted = sampling ? (cell) => sampled.has(cell.key) && !cell.settled : isDoubtful;
let order = localStorage.getItem("order") === "reading" ? inReadingOrder : worstFirst;
let current = null; // key
let remarking = false;

const cellInHand = () => store.cells.get(current);
shape.current = cellInHand;

// --- showing -------------------------------------------------------------------------------------

function choose(cell) {
  if (!cell) return;
  if (hand.editing) hand.leave();
  current = cell.key;
  draw();
  const queue = queueOf(store, order, wanted);
  const at = queue.findIndex((other) => other.key === current);
  const ahead = queue.slice(at + 1, at + 1 + AHEAD);
  hand.preload(ahead);
  for (const next of ahead.slice(0, 2)) scan.preload(next.page);
}

function draw() {
  const cell = cellInHand();
  if (!cell) return;
  hand.show(cell);
  const related = hand.related();
  sheet.show(cell, related);
  scan.show(cell, related);
  $("#tables").value = cell.table;
  drawPageFlags(cell.page);
}

function drawProgress() {
  const cells = [...store.cells.values()];
  const left = cells.filter(wanted).length;
  const done = cells.filter((cell) => cell.settled).length;
  $("#left").textContent = say(sampling ? "sample-left-n" : "left-n", { n: left });
  $("#bar").max = left + done || 1;
  $("#bar").value = left + done ? done : 1;
  document.body.classList.toggle("finished", left === 0);
  $("#saving").hidden = store.reachable && !store.outbox.length;
  $("#saving").textContent = store.reachable
    ? say("saving")
    : say("unreachable", { n: store.outbox.length });
  $("#saving").classList.toggle("bad", !store.reachable);
  const conflicts = store.conflicts.length;
  $("#conflicts").hidden = !conflicts;
  $("#conflicts").textContent = say("conflicts-n", { n: conflicts });
}

function drawTables() {
  const options = store.order.map((id) => {
    const table = store.tables.get(id);
    const left = table.keys.filter((key) => wanted(store.cells.get(key))).length;
    const named = [table.code, table.title].filter((text) => /[\p{L}\p{N}]/u.test(text));
    const name = named.join(" ") || table.id;
    const text = left ? `${name} · ${say("left-n", { n: left })}` : name;
    return element("option", { value: id, selected: id === cellInHand()?.table }, text);
  });
  $("#tables").replaceChildren(...options);
}

function drawPageFlags(number) {
  const flags = store.pages.get(number)?.flags ?? [];
  $("#page-flags").replaceChildren(
    ...flags.map((flag) =>
      element(
        "li",
        {},
        say(`flag-${flag}`),
        element("button", { type: "button", onclick: () => store.sayOfPage(number, flag).then(() => store.sync()) }, say("seen")),
      ),
    ),
  );
}

function changed() {
  drawProgress();
  drawTables();
  sheet.refresh();
  if (cellInHand()) draw();
}

function reshaped() {
  sheet.stale = true;
  if (!cellInHand()) {
    const first = neighbour(store, order, null, 1, wanted) ?? firstCell();
    current = first?.key ?? null;
  }
  changed();
}

const firstCell = () => store.cells.get(store.tables.get(store.order[0])?.keys[0]);

// --- what is done --------------------------------------------------------------------------------

function move(step) {
  const next = neighbour(store, order, cellInHand(), step, wanted);
  if (next) choose(next);
  else notice(say(sampling ? "sample-done" : "all-done"), "good");
}

function settle(kind, facts) {
  const cell = cellInHand();
  if (!cell) return;
  const next = neighbour(store, order, cell, 1, wanted);
  store.sayOfCell(cell, kind, facts);
  hand.leave();
  if (next && next.key !== cell.key) choose(next);
  else if (!queueOf(store, order, wanted).length) {
    draw();
    notice(say(sampling ? "sample-done" : "all-done"), "good");
  } else draw();
}

function accept() {
  settle("accept");
}

function commit() {
  const { value } = hand.parts.text;
  const cell = cellInHand();
  if (remarking) return commitRemark();
  if (value === cell.text) return settle("accept");
  return settle("edit", { text: value });
}

function pick(number) {
  const reading = hand.readings[number - 1];
  if (!reading) return;
  if (reading.text === cellInHand().text) accept();
  else settle("edit", { text: reading.text, why: reading.who.join(", ") });
}

function remark() {
  const box = $("#remark");
  box.hidden = false;
  box.value = "";
  box.focus();
  remarking = true;
}

function commitRemark() {
  const box = $("#remark");
  const why = box.value.trim();
  box.hidden = true;
  box.blur();
  remarking = false;
  if (why) {
    store.sayOfCell(cellInHand(), "comment", { why });
    draw();
  }
}

async function back(on) {
  await store.flush();
  const keys = on === "undo" ? store.undo() : store.redo();
  if (!keys) return notice(say(on === "undo" ? "nothing-to-undo" : "nothing-to-redo"));
  await store.flush();
  await store.sync();
  const cell = store.cells.get(keys[0]);
  if (cell) choose(cell);
  notice(say(on === "undo" ? "undone" : "redone"));
}

function turnOrder() {
  order = order === worstFirst ? inReadingOrder : worstFirst;
  localStorage.setItem("order", order === worstFirst ? "worst" : "reading");
  showOrder();
}

function showOrder() {
  $("#order").textContent = say(order === worstFirst ? "order-worst" : "order-reading");
}

function step(event, rows, cols) {
  if (event.shiftKey) return sheet.extendBy(rows, cols);
  choose(sheet.beside(cellInHand(), rows, cols));
}

// --- keys ----------------------------------------------------------------------------------------

const KEYS = {
  Enter: accept,
  Tab: (event) => move(event.shiftKey ? -1 : 1),
  n: () => move(1),
  p: () => move(-1),
  j: () => move(1),
  k: () => move(-1),
  ArrowDown: (event) => step(event, 1, 0),
  ArrowUp: (event) => step(event, -1, 0),
  ArrowRight: (event) => step(event, 0, 1),
  ArrowLeft: (event) => step(event, 0, -1),
  e: () => hand.edit(),
  F2: () => hand.edit(),
  x: () => settle("unreadable"),
  w: () => settle("source-wrong"),
  c: remark,
  u: () => back("undo"),
  U: () => back("redo"),
  t: () => scan.turnLook(),
  f: () => scan.fit(),
  "+": () => scan.zoom(1.25),
  "=": () => scan.zoom(1.25),
  "-": () => scan.zoom(0.8),
  o: () => (turnOrder(), draw()),
  g: () => group.enter(cellInHand()?.text),
  s: () => shape.toggle(),
  m: () => shape.merge(cellInHand()),
  r: () => shape.again(cellInHand()),
  b: () => shape.box(cellInHand()),
  l: () => location.assign("/"),
  "?": () => $("#help").showModal(),
};

const WITH_CONTROL = { z: () => back("undo"), y: () => back("redo"), Z: () => back("redo") };

document.addEventListener("keydown", (event) => {
  // An input method is at work: the key is its own, whatever it would mean here.
  if (event.isComposing || event.keyCode === 229) return;
  if (document.querySelector("dialog[open]")) return;
  const typing = event.target.closest?.("textarea:not([readonly]), input, select");
  if (typing) return whileTyping(event);
  const plain = !(event.ctrlKey || event.metaKey || event.altKey);
  if (group.shown && plain) {
    if (group.key(event)) event.preventDefault();
    return;
  }
  const action = chosenAction(event);
  if (!action) return;
  event.preventDefault();
  action(event);
});

function chosenAction(event) {
  if (event.altKey) return null;
  if (event.ctrlKey || event.metaKey) return WITH_CONTROL[event.key];
  if (event.target.closest?.("button, a, summary") && ["Enter", " "].includes(event.key)) return null;
  if (/^[1-9]$/.test(event.key)) return () => pick(Number(event.key));
  return KEYS[event.key];
}

function whileTyping(event) {
  const leaves = { Escape: cancel, Tab: commit };
  const ends = event.key === "Enter" && !event.shiftKey && event.target.tagName !== "SELECT";
  const action = ends ? commit : leaves[event.key];
  if (!action || event.target.id === "who" || event.target.id === "tables") {
    if (["Enter", "Escape"].includes(event.key)) event.target.blur();
    return;
  }
  event.preventDefault();
  action();
}

function cancel() {
  $("#remark").hidden = true;
  remarking = false;
  hand.leave();
  document.activeElement.blur();
  draw();
}

// --- beginning -----------------------------------------------------------------------------------

const ACTIONS = {
  accept, undo: () => back("undo"), redo: () => back("redo"), edit: () => hand.edit(), remark,
  unreadable: () => settle("unreadable"), wrong: () => settle("source-wrong"),
  next: () => move(1), previous: () => move(-1), order: KEYS.o, group: KEYS.g, shape: KEYS.s,
  help: KEYS["?"], look: KEYS.t, fit: KEYS.f, larger: KEYS["+"], smaller: KEYS["-"], again: KEYS.r,
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-action]");
  if (!button) return;
  ACTIONS[button.dataset.action]();
  if (!hand.editing && !remarking) button.blur();
});

$("#tables").addEventListener("change", (event) => {
  const cells = store.tables.get(event.target.value).keys.map((key) => store.cells.get(key));
  choose(cells.filter(wanted).sort(order(store))[0] ?? cells[0]);
  event.target.blur();
});

function listConflicts() {
  const facts = (c) => ({
    ...c,
    before: c.before ?? "",
    after: c.after ?? "",
    page: c.page ?? "",
    kind: say(`kind-${c.kind}`),
  });
  const lines = store.conflicts.map((c) =>
    element(
      "li",
      {},
      say("conflict", facts(c)),
      " ",
      element("button", { type: "button", onclick: () => dismiss(c) }, say("dismiss")),
    ),
  );
  $("#conflict-list").replaceChildren(...lines);
}

// What does not fit is taken back: it stays in the log, and asks no more.
async function dismiss({ number, table, row, col }) {
  await store.flush();
  await store.takeBack(number, row == null ? [] : [`${table}/${row}/${col}`]);
  await store.sync();
  listConflicts();
  if (!store.conflicts.length) $("#conflict-box").close();
}

$("#conflicts").addEventListener("click", () => {
  listConflicts();
  $("#conflict-box").showModal();
});

$("#who").value = store.who;
$("#who").addEventListener("change", (event) => {
  store.who = event.target.value.trim() || document.documentElement.dataset.name;
  localStorage.setItem("who", store.who);
});

hand.parts.text.addEventListener("focus", () => (hand.parts.text.readOnly = false));
hand.parts.text.addEventListener("blur", () => (hand.parts.text.readOnly = true));
hand.onPick = pick;
sheet.onChoose = scan.onChoose = choose;
sheet.onEdit = (cell) => (choose(cell), hand.edit());
group.onEdit = (cell) => (group.leave(), choose(cell), hand.edit());
shape.onRead = draw;

store.addEventListener("change", changed);
store.addEventListener("said", ({ detail }) => {
  sheet.refresh(detail); // the rest follows when the server has checked the document
  drawProgress();
});
store.addEventListener("shape", reshaped);
store.addEventListener("refused", ({ detail }) => {
  const { status, error, newer, keys } = detail;
  const other = newer.at(-1);
  const text = status === 409
    ? say("stale", { who: other?.who ?? "?", after: other?.after ?? "" })
    : say("refused", { reason: error });
  notice(text, "bad");
  if (store.cells.has(keys[0])) choose(store.cells.get(keys[0]));
});
window.addEventListener("beforeunload", (event) => {
  if (store.outbox.length) event.preventDefault();
});

showOrder();
try {
  await store.load();
  const asked = decodeURIComponent(location.hash.slice(1));
  choose(store.cells.get(asked) ?? neighbour(store, order, null, 1, wanted) ?? firstCell());
  document.body.classList.add("ready");
} catch (wrong) {
  notice(wrong.message, "bad");
}
