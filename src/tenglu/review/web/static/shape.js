// Changes of the shape of a table, by the buttons and keys of the shape bar.

import { hush, notice, reasonOf, say } from "./say.js";
import { post } from "./net.js";

export class Shape {
  constructor(store, sheet, scan, bar) {
    Object.assign(this, { store, sheet, scan, bar });
    bar.addEventListener("click", (event) => {
      const button = event.target.closest("[data-do]");
      if (!button) return;
      if (event.detail) button.blur(); // after a mouse click, arrow keys move in the table
      if (this.current()) this[button.dataset.do](this.current());
    });
    scan.onEdge = (axis, share) => this.boundary(this.current(), axis, share);
  }

  get shown() {
    return !this.bar.hidden;
  }

  toggle() {
    this.bar.hidden = !this.bar.hidden;
    this.scan.shaping = this.shown;
    if (this.scan.page) this.scan.draw();
    if (this.shown) this.buttons()[0].focus();
    else document.activeElement.blur();
  }

  buttons() {
    return [...this.bar.querySelectorAll("button")];
  }

  // Move along the bar; return whether the focus was there.
  step(by) {
    const buttons = this.buttons();
    const at = buttons.indexOf(document.activeElement);
    if (at === -1) return false;
    buttons[(at + by + buttons.length) % buttons.length].focus();
    return true;
  }

  async ask(kind, cell, asked) {
    await this.store.flush(); // the server must know all earlier changes
    await this.store.sync();
    notice(say("reading-again"), "busy");
    if (!(await this.store.sayOfShape(cell.table, kind, asked))) return; // the reason is shown already
    await this.store.sync();
    notice(say("shape-changed"));
  }

  merge(cell) {
    const area = this.sheet.area();
    if (area.top === area.bottom && area.left === area.right) return notice(say("mark-cells"));
    return this.ask("merge", cell, area);
  }

  split(cell) {
    const { row, col } = cell;
    if (cell.rowspan > 1 || cell.colspan > 1) return this.ask("split", cell, { row, col });
    return notice(say("not-merged"));
  }

  divideRow(cell) {
    return this.ask("divide", cell, { row: cell.row, col: cell.col, axis: "row", share: 0.5 });
  }

  divideCol(cell) {
    return this.ask("divide", cell, { row: cell.row, col: cell.col, axis: "col", share: 0.5 });
  }

  splitRow(cell) {
    return this.ask("add-line", cell, { axis: "row", line: cell.row + cell.rowspan - 1, share: 0.5 });
  }

  splitCol(cell) {
    return this.ask("add-line", cell, { axis: "col", line: cell.col + cell.colspan - 1, share: 0.5 });
  }

  addRow(cell) {
    return this.ask("add-line", cell, { axis: "row", line: cell.row + cell.rowspan - 1, share: null });
  }

  addCol(cell) {
    return this.ask("add-line", cell, { axis: "col", line: cell.col + cell.colspan - 1, share: null });
  }

  deleteRow(cell) {
    return this.ask("delete-line", cell, { axis: "row", line: cell.row });
  }

  deleteCol(cell) {
    return this.ask("delete-line", cell, { axis: "col", line: cell.col });
  }

  boundary(cell, axis, share) {
    const line = axis === "row" ? cell.row + cell.rowspan : cell.col + cell.colspan;
    return this.ask("boundary", cell, { axis, line, share });
  }

  header(cell) {
    return this.ask("header", cell, { rows: cell.row + cell.rowspan });
  }

  noHeader(cell) {
    return this.ask("header", cell, { rows: 0 });
  }

  join(cell) {
    const next = this.store.order[this.store.order.indexOf(cell.table) + 1];
    if (!next) return notice(say("no-next-table"));
    const skip = this.repeatedHead(cell.table, next);
    return this.ask("join", cell, { lower: next, skip });
  }

  // The number of rows of the lower table that repeat the header of the upper one.
  repeatedHead(upper, lower) {
    const rows = (id, row) =>
      this.store.tables
        .get(id)
        .keys.map((key) => this.store.cells.get(key))
        .filter((cell) => cell.row === row)
        .map((cell) => `${cell.col} ${cell.colspan} ${cell.text}`)
        .sort()
        .join("\n");
    const { header_rows: most } = this.store.tables.get(upper);
    let count = 0;
    while (count < most && rows(upper, count) === rows(lower, count)) count += 1;
    return count === most ? count : 0;
  }

  part(cell) {
    return this.ask("part", cell, { row: cell.row });
  }

  // Read a drawn box: the cell gets this place on the scan, and the text there.
  async box(cell) {
    notice(say("draw-box"), "busy");
    const polygon = await this.scan.askForBox();
    if (!polygon) return hush();
    const { row, col } = cell;
    await this.ask("redraw", cell, { row, col, polygon });
  }

  // Read the cell again in its place, and propose the text without storing it.
  async again(cell) {
    notice(say("reading-again"), "busy");
    const asked = { page: cell.page, polygon: cell.polygon };
    const { status, data } = await post(`${this.store.path}/read`, asked).catch(() => ({
      status: 0,
      data: { error: say("unreachable-now") },
    }));
    if (status !== 200) return notice(reasonOf(data), "bad");
    for (const { text, confidence } of data.evidence) {
      if (text !== null) this.store.propose(cell.key, text, "by-hand", confidence);
    }
    notice(say("read-again-says", { text: data.text || say("blank") }));
    this.onRead?.();
  }
}
