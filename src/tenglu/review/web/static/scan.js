// The page of the scan on the left: zoom, pan, outlines of cells, drawing a box.

import { say } from "./say.js";

const SVG = "http://www.w3.org/2000/svg";
const READABLE = 34; // height of a row after zooming in, screen px
const ACTUAL = 1123; // long side of an A4 page in actual size, screen px
const LARGEST = 4; // largest zoom factor
const STEP = 1.25;

// Coordinates of the scan -> upright page, by rotation.
export function upright(page, [x, y]) {
  if (page.rotation === 90) return [y, page.width - x];
  if (page.rotation === 180) return [page.width - x, page.height - y];
  if (page.rotation === 270) return [page.height - y, x];
  return [x, y];
}

export function delivered(page, [x, y]) {
  if (page.rotation === 90) return [page.width - y, x];
  if (page.rotation === 180) return [page.width - x, page.height - y];
  if (page.rotation === 270) return [y, page.height - x];
  return [x, y];
}

export class Scan {
  constructor(store, box) {
    this.store = store;
    this.box = box;
    this.view = box.querySelector(".view");
    this.paper = box.querySelector(".paper");
    this.image = box.querySelector("img");
    this.overlay = box.querySelector("svg");
    this.label = box.querySelector(".page");
    this.look = "scan";
    this.related = [];
    this.at = { x: 0, y: 0, scale: 1 };
    this.fitted = true; // until the reviewer zooms
    this.browsing = false; // whether the page is not that of the current cell
    this.listen();
  }

  address(number, look = this.look) {
    return `${this.store.path}/pages/${number}/${look}`;
  }

  show(cell, related = []) {
    const same = this.cell?.key === cell.key && this.cell.polygon.join() === cell.polygon.join();
    this.cell = cell;
    this.related = related;
    this.browsing &&= same;
    this.turnTo(this.browsing ? this.page.number : cell.page);
    if (!same) this.bringIntoView(); // do not undo a scroll of the reviewer
  }

  // Show a whole page, without a cell.
  browse(number) {
    this.browsing = true;
    this.turnTo(number);
    this.bringIntoView();
  }

  comeBack() {
    this.browsing = false;
    this.turnTo(this.cell.page);
    this.bringIntoView();
  }

  turnTo(number) {
    const page = this.store.pages.get(number);
    if (this.page !== page) {
      this.page = page;
      this.load();
    }
    this.draw();
  }

  load() {
    const address = this.address(this.page.number);
    if (this.image.getAttribute("src") === address) return;
    this.box.classList.add("loading");
    this.box.classList.remove("missing");
    this.image.src = address;
    this.label.textContent = say("page-n", { n: this.page.number, all: this.store.pages.size });
    for (const word of this.box.querySelectorAll("[data-look]")) {
      word.classList.toggle("look", word.dataset.look === this.look);
    }
  }

  turnLook() {
    this.look = this.look === "scan" ? "clean" : "scan";
    this.load();
  }

  preload(number) {
    if (number !== this.page?.number) new Image().src = this.address(number, "scan");
  }

  size(page = this.page) {
    const turned = page.rotation % 180 !== 0;
    return turned ? [page.height, page.width] : [page.width, page.height];
  }

  draw() {
    const [width, height] = this.size();
    this.paper.style.width = `${width}px`;
    this.paper.style.height = `${height}px`;
    this.overlay.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.overlay.replaceChildren();
    for (const other of this.store.cells.values()) {
      if (other.page !== this.page.number || other.key === this.cell?.key) continue;
      if (this.related.includes(other.key)) this.outline(other, "related");
      else if (other.open) this.outline(other, "open");
    }
    if (this.cell?.page === this.page.number) {
      this.outline(this.cell, "current");
      if (this.shaping) this.edges();
    }
    this.place();
  }

  outline(cell, kind) {
    const polygon = document.createElementNS(SVG, "polygon");
    const points = cell.polygon.map((point) => upright(this.page, point).join()).join(" ");
    polygon.setAttribute("points", points);
    polygon.setAttribute("class", kind);
    polygon.dataset.key = cell.key;
    this.overlay.append(polygon);
  }

  // The lower and right side of the current cell, which can be dragged.
  edges() {
    const [, b, c, d] = this.cell.polygon.map((point) => upright(this.page, point));
    for (const [axis, from, to] of [["row", d, c], ["col", b, c]]) {
      const line = document.createElementNS(SVG, "line");
      const ends = { x1: from[0], y1: from[1], x2: to[0], y2: to[1] };
      for (const [name, value] of Object.entries(ends)) line.setAttribute(name, value);
      line.setAttribute("class", `edge ${axis}`);
      line.dataset.axis = axis;
      this.overlay.append(line);
    }
  }

  bounds(cell = this.cell) {
    const points = cell.polygon.map((point) => upright(this.page, point));
    const xs = points.map(([x]) => x);
    const ys = points.map(([, y]) => y);
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  }

  bringIntoView() {
    const { clientWidth: width, clientHeight: height } = this.view;
    const [x0, y0, x1, y1] = this.browsing ? [0, 0, ...this.size()] : this.bounds();
    if (this.browsing) this.at.scale = this.least();
    else if (this.fitted) {
      const rows = (y1 - y0) / this.cell.rowspan;
      const wide = (0.9 * width) / Math.max(1, x1 - x0);
      // High rows may have small type: never show the page smaller than actual size.
      const legible = Math.max(READABLE / rows, ACTUAL / Math.max(...this.size()));
      this.at.scale = Math.min(LARGEST, Math.max(this.least(), Math.min(legible, wide)));
    }
    const [w, h] = this.size().map((length) => length * this.at.scale);
    const middle = (a, b, room, whole) => {
      if (whole <= room) return (room - whole) / 2;
      return Math.min(0, Math.max(room - whole, room / 2 - ((a + b) / 2) * this.at.scale));
    };
    this.at.x = middle(x0, x1, width, w);
    this.at.y = middle(y0, y1, height, h);
    this.place();
  }

  least() {
    const [width, height] = this.size();
    return Math.min(this.view.clientWidth / width, this.view.clientHeight / height);
  }

  fit() {
    this.fitted = !this.fitted;
    if (!this.fitted) this.at.scale = this.least();
    this.bringIntoView();
  }

  zoom(factor, x = this.view.clientWidth / 2, y = this.view.clientHeight / 2) {
    const scale = Math.min(LARGEST, Math.max(this.least() / 2, this.at.scale * factor));
    const by = scale / this.at.scale;
    this.at = { scale, x: x - (x - this.at.x) * by, y: y - (y - this.at.y) * by };
    this.fitted = false;
    this.place();
  }

  place() {
    const { x, y, scale } = this.at;
    this.paper.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
    this.overlay.style.setProperty("--line", `${1.6 / scale}px`);
  }

  // Let the reviewer draw a box; resolves to four corners in px of the scan, or null.
  askForBox() {
    this.boxDrawn?.(null);
    this.box.classList.add("drawing");
    return new Promise((resolve) => {
      this.boxDrawn = (corners) => {
        this.box.classList.remove("drawing");
        this.boxDrawn = null;
        resolve(corners);
      };
    });
  }

  listen() {
    this.image.addEventListener("load", () => this.box.classList.remove("loading"));
    this.image.addEventListener("error", () => {
      this.box.classList.remove("loading");
      this.box.classList.add("missing");
    });
    this.view.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    this.view.addEventListener("pointerdown", (event) => this.onDown(event));
    new ResizeObserver(() => this.page && this.bringIntoView()).observe(this.view);
  }

  onWheel(event) {
    event.preventDefault();
    const { left, top } = this.view.getBoundingClientRect();
    this.zoom(event.deltaY < 0 ? STEP : 1 / STEP, event.clientX - left, event.clientY - top);
  }

  toPaper(event) {
    const { left, top } = this.view.getBoundingClientRect();
    const { x, y, scale } = this.at;
    return [(event.clientX - left - x) / scale, (event.clientY - top - y) / scale];
  }

  onDown(event) {
    if (event.button !== 0 || !this.page) return;
    event.preventDefault();
    this.view.setPointerCapture(event.pointerId);
    const from = this.toPaper(event);
    const begun = { ...this.at };
    const start = [event.clientX, event.clientY];
    const edge = event.target.dataset?.axis;
    let moved = false;
    const onMove = (move) => {
      moved ||= Math.hypot(move.clientX - start[0], move.clientY - start[1]) > 4;
      if (this.boxDrawn) this.showBox(from, this.toPaper(move));
      else if (edge) this.showEdge(edge, from, this.toPaper(move));
      else if (moved) {
        const [x, y] = [begun.x + move.clientX - start[0], begun.y + move.clientY - start[1]];
        Object.assign(this.at, { x, y });
        this.place();
      }
    };
    const onUp = (up) => {
      this.view.removeEventListener("pointermove", onMove);
      this.view.removeEventListener("pointerup", onUp);
      const to = this.toPaper(up);
      if (this.boxDrawn) this.finishBox(from, to);
      else if (edge) this.finishEdge(edge, from, to);
      else if (!moved) this.choose(from);
    };
    this.view.addEventListener("pointermove", onMove);
    this.view.addEventListener("pointerup", onUp);
  }

  choose([x, y]) {
    for (const cell of this.store.cells.values()) {
      if (cell.page !== this.page.number) continue;
      const [x0, y0, x1, y1] = this.bounds(cell);
      if (x >= x0 && x < x1 && y >= y0 && y < y1) return this.onChoose?.(cell);
    }
  }

  showBox([x0, y0], [x1, y1]) {
    this.overlay.querySelector("rect")?.remove();
    const rect = document.createElementNS(SVG, "rect");
    const sides = { x: Math.min(x0, x1), y: Math.min(y0, y1), width: Math.abs(x1 - x0), height: Math.abs(y1 - y0) };
    for (const [name, value] of Object.entries(sides)) rect.setAttribute(name, value);
    this.overlay.append(rect);
  }

  finishBox([x0, y0], [x1, y1]) {
    this.overlay.querySelector("rect")?.remove();
    const [width, height] = this.size();
    const within = (value, most) => Math.min(most, Math.max(0, value));
    const [left, right] = [Math.min(x0, x1), Math.max(x0, x1)].map((x) => within(x, width));
    const [top, bottom] = [Math.min(y0, y1), Math.max(y0, y1)].map((y) => within(y, height));
    if (right - left < 4 || bottom - top < 4) return this.boxDrawn(null);
    const corners = [[left, top], [right, top], [right, bottom], [left, bottom]];
    const round = (value) => Math.round(value * 100) / 100;
    this.boxDrawn(corners.map((corner) => delivered(this.page, corner).map(round)));
  }

  showEdge(axis, from, to) {
    const line = this.overlay.querySelector(`line.${axis}`);
    const [x, y] = axis === "row" ? [0, to[1] - from[1]] : [to[0] - from[0], 0];
    line.setAttribute("transform", `translate(${x} ${y})`);
  }

  finishEdge(axis, from, to) {
    const [x0, y0, x1, y1] = this.bounds();
    const share = axis === "row" ? (to[1] - from[1]) / (y1 - y0) : (to[0] - from[0]) / (x1 - x0);
    this.draw();
    if (Math.abs(share) > 0.02) this.onEdge?.(axis, share);
  }
}
