// The table on the right, with merged cells. Cells for review are coloured.

import { element } from "./say.js";

const SHADES = [0.5, 0.8]; // confidences below which the colour is stronger

export class Sheet {
  constructor(store, box) {
    this.store = store;
    this.box = box;
    this.range = null; // two corners of the selection
    box.addEventListener("click", (event) => this.onClick(event));
    box.addEventListener("dblclick", (event) => {
      const cell = this.cellAt(event.target);
      if (cell) this.onEdit?.(cell);
    });
  }

  cellAt(target) {
    const place = target.closest("[data-key]");
    return place ? this.store.cells.get(place.dataset.key) : null;
  }

  onClick(event) {
    const cell = this.cellAt(event.target);
    if (!cell) return;
    if (event.shiftKey) this.extendTo(cell);
    else this.onChoose?.(cell);
  }

  show(cell, related = []) {
    const moved = this.current !== cell.key;
    if (this.table !== cell.table || this.stale) this.lay(cell.table);
    if (moved) this.range = null;
    this.current = cell.key;
    for (const place of this.box.querySelectorAll(".current, .related, .marked")) {
      place.classList.remove("current", "related", "marked");
    }
    for (const key of related) this.places.get(key)?.classList.add("related");
    const place = this.places.get(cell.key);
    place?.classList.add("current");
    place?.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.mark();
  }

  lay(id) {
    const table = this.store.tables.get(id);
    const rows = Array.from({ length: table.n_rows }, (_, row) =>
      element("tr", {}, element("th", { class: "line", scope: "row" }, String(row + 1))),
    );
    this.places = new Map();
    const cells = table.keys.map((key) => this.store.cells.get(key)).sort((a, b) => a.col - b.col);
    for (const cell of cells) {
      const place = element(cell.row < table.header_rows ? "th" : "td", {
        rowspan: cell.rowspan > 1 ? cell.rowspan : null,
        colspan: cell.colspan > 1 ? cell.colspan : null,
        dataset: { key: cell.key },
      });
      this.places.set(cell.key, place);
      this.fill(cell, place);
      rows[cell.row].append(place);
    }
    const numbers = Array.from({ length: table.n_cols }, (_, col) =>
      element("th", { class: "line", scope: "col" }, String(col + 1)),
    );
    const head = element("tr", {}, element("th", { class: "line" }), ...numbers);
    this.box.replaceChildren(element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)));
    this.table = id;
    this.range = null; // selected cells may have been removed
    this.stale = false;
  }

  fill(cell, place) {
    place.textContent = cell.text;
    const names = [cell.kind];
    if (cell.open) {
      names.push("open");
      if (cell.confidence === null || cell.confidence < SHADES[0]) names.push("worst");
      else if (cell.confidence < SHADES[1]) names.push("worse");
    }
    if (cell.flags.includes("sum-fails")) names.push("fails");
    if (cell.settled) names.push("settled", cell.settled.kind);
    if (cell.comments) names.push("remarked");
    if (cell.vertical) names.push("vertical");
    place.className = names.join(" ");
  }

  // The current cells of the table that is shown.
  refresh(keys = this.places?.keys() ?? []) {
    if (!this.table || !this.store.tables.has(this.table)) {
      this.stale = true;
      return;
    }
    for (const key of keys) {
      const cell = this.store.cells.get(key);
      const place = this.places.get(key);
      if (cell && place) this.fill(cell, place);
    }
  }

  // --- selecting several cells ------------------------------------------------------------------

  extendTo(cell) {
    if (cell.table !== this.table) return;
    this.range = [this.range?.[0] ?? this.current, cell.key];
    this.mark();
  }

  extendBy(rows, cols) {
    const last = this.store.cells.get(this.range?.[1] ?? this.current);
    const next = this.beside(last, rows, cols);
    if (next) this.extendTo(next);
  }

  // The selected rows and columns, both ends included, extended to contain whole merged cells.
  area() {
    const [a, b] = (this.range ?? [this.current, this.current]).map((k) => this.store.cells.get(k));
    const cells = this.store.tables.get(this.table).keys.map((key) => this.store.cells.get(key));
    let top = Math.min(a.row, b.row);
    let left = Math.min(a.col, b.col);
    let bottom = Math.max(a.row + a.rowspan, b.row + b.rowspan) - 1;
    let right = Math.max(a.col + a.colspan, b.col + b.colspan) - 1;
    for (let grown = true; grown; ) {
      grown = false;
      for (const cell of cells) {
        const [end, edge] = [cell.row + cell.rowspan - 1, cell.col + cell.colspan - 1];
        if (cell.row > bottom || end < top || cell.col > right || edge < left) continue;
        const wider = [Math.min(top, cell.row), Math.min(left, cell.col), Math.max(bottom, end), Math.max(right, edge)];
        if (wider.join() !== [top, left, bottom, right].join()) {
          [top, left, bottom, right] = wider;
          grown = true;
        }
      }
    }
    return { top, left, bottom, right };
  }

  mark() {
    for (const place of this.box.querySelectorAll(".marked")) place.classList.remove("marked");
    if (!this.range) return;
    const { top, left, bottom, right } = this.area();
    for (const key of this.store.tables.get(this.table).keys) {
      const cell = this.store.cells.get(key);
      const inside = cell.row >= top && cell.row <= bottom && cell.col >= left && cell.col <= right;
      if (inside) this.places.get(key)?.classList.add("marked");
    }
  }

  beside(cell, rows, cols) {
    const table = this.store.tables.get(cell.table);
    let row = cell.row + (rows > 0 ? cell.rowspan - 1 + rows : rows);
    let col = cell.col + (cols > 0 ? cell.colspan - 1 + cols : cols);
    row = Math.min(table.n_rows - 1, Math.max(0, row));
    col = Math.min(table.n_cols - 1, Math.max(0, col));
    const whole = table.keys.map((key) => this.store.cells.get(key));
    return whole.find(
      (other) =>
        other.row <= row && row < other.row + other.rowspan &&
        other.col <= col && col < other.col + other.colspan,
    );
  }
}
