// The review app: one document and one current cell, with full keyboard control.

import { Conflicts } from "./conflicts.js";
import { Group } from "./group.js";
import { Hand } from "./hand.js";
import { element, notice, say } from "./say.js";
import { keyOf } from "./keys.js";
import { Pages } from "./pages.js";
import { Scan } from "./scan.js";
import { Shape } from "./shape.js";
import { Sheet } from "./sheet.js";
import { Store } from "./state.js";
import { inReadingOrder, isDoubtful, neighbour, queueOf, worstFirst } from "./walk.js";

const $ = (selector) => document.querySelector(selector);
const AHEAD = 3; // cells whose pictures are fetched in advance

const store = new Store(document.documentElement.dataset.document);
const scan = new Scan(store, $("#scan"));
const sheet = new Sheet(store, $("#sheet"));
const hand = new Hand(store, $("#hand"));
const group = new Group(store, hand, $("#group"));
const shape = new Shape(store, sheet, scan, $("#shape"));
const pages = new Pages(store, scan, $("#page-flags"));
const conflicts = new Conflicts(store, $("#conflict-box"));

const sampled = new Set(JSON.parse($("#sampled").textContent).map((at) => at.join("/")));
const sampling = document.documentElement.dataset.queue === "sample";
const wanted = sampling ? (cell) => sampled.has(cell.key) && !cell.settled : isDoubtful;
let order = localStorage.getItem("order") === "reading" ? inReadingOrder : worstFirst;
let current = null; // key
let remarking = false;
let known = null; // entry of the decision on the current cell when last shown

const cellInHand = () => store.cells.get(current);
shape.current = cellInHand;

// --- display -------------------------------------------------------------------------------------

function choose(cell) {
  if (!cell) return;
  if (hand.editing) hand.leave();
  current = cell.key;
  known = cell.settled?.number ?? null;
  draw();
  const queue = queueOf(store, order, wanted);
  const at = queue.findIndex((other) => other.key === current);
  const ahead = queue.slice(at + 1, at + 1 + AHEAD);
  hand.preload(ahead);
  for (const next of ahead.slice(0, 2)) scan.preload(next.page);
}

function draw() {
  const cell = cellInHand();
  document.body.classList.toggle("bare", !cell);
  if (!cell) return pages.draw();
  hand.show(cell);
  const related = hand.related();
  sheet.show(cell, related);
  scan.show(cell, related);
  $("#tables").value = cell.table;
  pages.draw();
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
  const doubts = store.doubts().length;
  $("#doubts").hidden = !doubts;
  $("#doubts span").textContent = say("doubts-n", { n: doubts });
  $("#conflicts").textContent = say("conflicts-n", { n: conflicts });
}

function drawTables() {
  const options = store.order.map((id) => {
    const table = store.tables.get(id);
    const left = table.keys.filter((key) => wanted(store.cells.get(key))).length;
    const name = store.nameOf(id); // may be cut off, so the count comes first
    const text = left ? `${say("left-n", { n: left })} · ${name}` : name;
    return element("option", { value: id, selected: id === cellInHand()?.table }, text);
  });
  $("#tables").replaceChildren(...options);
}

// Notify the reviewer when someone else changes the current cell.
function tellOthers() {
  const { settled, text } = cellInHand() ?? {};
  const number = settled?.number ?? null;
  if (number !== null && number !== known && settled.who !== store.who) {
    notice(say("changed-by", { who: settled.who, text: text || say("blank") }), "bad");
  }
  known = number;
}

function changed() {
  tellOthers();
  drawProgress();
  drawTables();
  sheet.refresh();
  if (cellInHand()) draw();
}

function reshaped() {
  sheet.stale = true;
  // If rows have moved, keep the cell in the same place on the scan.
  const counted = hand.cell && store.sizeOf(hand.cell.table) === hand.size;
  if (hand.cell && !(counted && cellInHand())) current = store.inPlaceOf(hand.cell)?.key ?? null;
  if (!cellInHand()) {
    const first = neighbour(store, order, null, 1, wanted) ?? firstCell();
    current = first?.key ?? null;
  }
  changed();
}

const firstCell = () => store.cells.get(store.tables.get(store.order[0])?.keys[0]);

// --- actions -------------------------------------------------------------------------------------

function move(step) {
  const next = neighbour(store, order, cellInHand(), step, wanted);
  if (next) choose(next);
  else tellDone();
}

function tellDone() {
  const doubts = store.doubts().length;
  if (sampling) notice(say("sample-done"), "good");
  else if (doubts) notice(say("pages-left", { n: doubts }));
  else notice(say("all-done"), "good");
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
    tellDone();
  } else draw();
}

function accept() {
  settle("accept");
}

function commit() {
  const { value } = hand.parts.text;
  const cell = cellInHand();
  if (!cell) return;
  if (remarking) return commitRemark();
  if (value === cell.text) return settle("accept");
  return settle("edit", { text: value, since: hand.since });
}

function pick(number) {
  const reading = hand.readings?.[number - 1];
  if (!reading) return;
  if (reading.text === cellInHand().text) accept();
  else settle("edit", { text: reading.text, why: reading.who.join(", ") });
}

function remark() {
  if (!cellInHand()) return;
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

// Run undo and redo one after the other, since each depends on the one before.
let turn = Promise.resolve();
function back(on) {
  turn = turn.then(() => takeBack(on));
}

async function takeBack(on) {
  await store.flush();
  // An event that is still being sent has no entry yet, so undo would affect an older one.
  if (store.outbox.length) return notice(say("not-now"), "bad");
  const keys = await (on === "undo" ? store.undo() : store.redo());
  if (keys === false) return; // the reason is shown already
  if (!keys) return notice(say(on === "undo" ? "nothing-to-undo" : "nothing-to-redo"));
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
  if (!cellInHand()) return;
  if (event.shiftKey) return sheet.extendBy(rows, cols);
  if (!rows && shape.step(cols)) return;
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
  e: () => cellInHand() && hand.edit(),
  F2: () => cellInHand() && hand.edit(),
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
  m: () => cellInHand() && shape.merge(cellInHand()),
  r: () => cellInHand() && shape.again(cellInHand()),
  b: () => cellInHand() && shape.box(cellInHand()),
  PageDown: () => pages.browse(scan.page.number + 1),
  PageUp: () => pages.browse(scan.page.number - 1),
  d: () => pages.nextDoubt(),
  D: () => pages.see(pages.doubts()),
  Escape: leave,
  l: () => location.assign("/"),
  "?": () => $("#help").showModal(),
};

// Cancel what was begun: a box, the shape bar, or browsing another page.
function leave() {
  if (scan.boxDrawn) return scan.boxDrawn(null);
  if (shape.shown) return shape.toggle();
  if (scan.browsing && cellInHand()) pages.comeBack();
}

const WITH_CONTROL = { z: () => back("undo"), y: () => back("redo"), Z: () => back("redo") };

document.addEventListener("keydown", (event) => {
  // An input method is active and handles the key.
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
  if (event.ctrlKey || event.metaKey) return WITH_CONTROL[keyOf(event)];
  if (event.target.closest?.("button, a, summary") && ["Enter", " "].includes(event.key)) return null;
  if (/^[1-9]$/.test(event.key)) return () => pick(Number(event.key));
  return KEYS[keyOf(event)];
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

// --- start ---------------------------------------------------------------------------------------

const ACTIONS = {
  accept, undo: () => back("undo"), redo: () => back("redo"), edit: () => hand.edit(), remark,
  unreadable: () => settle("unreadable"), wrong: () => settle("source-wrong"),
  next: () => move(1), previous: () => move(-1), order: KEYS.o, group: KEYS.g, shape: KEYS.s,
  previousPage: KEYS.PageUp, nextPage: KEYS.PageDown, doubts: KEYS.d,
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

$("#conflicts").addEventListener("click", () => conflicts.open());

$("#who").value = store.who;
$("#who").addEventListener("change", (event) => {
  store.who = event.target.value.trim() || document.documentElement.dataset.name;
  localStorage.setItem("who", store.who);
});

hand.parts.text.addEventListener("focus", () => (hand.parts.text.readOnly = false));
hand.parts.text.addEventListener("blur", () => (hand.parts.text.readOnly = true));
hand.onPick = pick;
sheet.onChoose = scan.onChoose = conflicts.onChoose = choose;
conflicts.onPage = (number) => pages.browse(number);
sheet.onEdit = (cell) => (choose(cell), hand.edit());
group.onEdit = (cell) => (group.leave(), choose(cell), hand.edit());
shape.onRead = draw;

store.addEventListener("change", changed);
store.addEventListener("said", ({ detail }) => {
  sheet.refresh(detail); // the server's version follows after its check
  drawProgress();
});
store.addEventListener("shape", reshaped);
store.addEventListener("refused", ({ detail }) => {
  const { status, reason, newer, keys } = detail;
  const other = newer.at(-1);
  const text = status === 409
    ? say("stale", { who: other?.who ?? "?", after: other?.after ?? "" })
    : say("refused", { reason });
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
  if (!cellInHand()) pages.browse(Math.min(...store.pages.keys()));
  draw();
  document.body.classList.add("ready");
} catch (wrong) {
  notice(wrong.message, "bad");
}
