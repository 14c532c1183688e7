// Pictures of cells with the same text, to be accepted together after excluding the wrong ones.

import { keyOf } from "./keys.js";
import { element, say } from "./say.js";
import { inReadingOrder } from "./walk.js";

const MOST = 200; // pictures on a screen

export class Group {
  constructor(store, hand, box) {
    this.store = store;
    this.hand = hand;
    this.box = box;
    this.list = box.querySelector(".groups");
    this.grid = box.querySelector(".crops");
    this.everything = false; // also cells that do not need review
    this.out = new Set(); // keys of excluded cells
    this.list.addEventListener("click", (event) => {
      const chosen = event.target.closest("[data-text]");
      if (chosen) this.open(chosen.dataset.text);
    });
    this.grid.addEventListener("click", (event) => {
      const chosen = event.target.closest("[data-key]");
      if (chosen) this.pickOut([...this.grid.children].indexOf(chosen));
    });
  }

  get shown() {
    return !this.box.hidden;
  }

  enter(text) {
    this.box.hidden = false;
    this.open(text ?? null);
    this.grid.focus();
  }

  leave() {
    this.box.hidden = true;
  }

  groups() {
    const found = new Map();
    const cells = [...this.store.cells.values()].filter((cell) =>
      this.everything ? !cell.settled && cell.text !== "" : cell.open,
    );
    for (const cell of cells) {
      if (!found.has(cell.text)) found.set(cell.text, []);
      found.get(cell.text).push(cell);
    }
    return [...found].sort((a, b) => b[1].length - a[1].length);
  }

  open(text) {
    const groups = this.groups();
    const known = groups.find(([name]) => name === text) ?? groups[0];
    this.text = known?.[0] ?? null;
    this.cells = (known?.[1] ?? []).sort(inReadingOrder(this.store)).slice(0, MOST);
    this.at = 0;
    this.list.replaceChildren(
      ...groups.slice(0, MOST).map(([name, cells]) =>
        element(
          "li",
          { dataset: { text: name }, class: name === this.text ? "current" : "" },
          element("span", {}, name || say("blank")),
          element("small", {}, String(cells.length)),
        ),
      ),
    );
    this.grid.replaceChildren(
      ...this.cells.map((cell) =>
        element(
          "figure",
          { dataset: { key: cell.key } },
          element("img", { src: `${this.hand.crop(cell)}&frame=tight`, alt: "", loading: "lazy", draggable: "false" }),
          element("figcaption", {}, cell.text || say("blank")),
        ),
      ),
    );
    this.box.querySelector(".empty").hidden = this.cells.length > 0;
    this.box.querySelector(".scope").textContent = say(this.everything ? "group-all" : "group-open");
    this.draw();
    this.list.querySelector(".current")?.scrollIntoView({ block: "nearest" });
  }

  draw() {
    [...this.grid.children].forEach((figure, i) => {
      figure.classList.toggle("current", i === this.at);
      figure.classList.toggle("out", this.out.has(figure.dataset.key));
    });
    this.grid.children[this.at]?.scrollIntoView({ block: "nearest" });
    const { length: n } = this.like();
    this.box.querySelector(".count").textContent = say("group-count", {
      n,
      out: this.cells.length - n,
      text: this.text || say("blank"),
    });
  }

  // The cells that are not excluded.
  like() {
    return this.cells.filter((cell) => !this.out.has(cell.key));
  }

  pickOut(index) {
    const key = this.cells[index]?.key;
    if (!key) return;
    if (!this.out.delete(key)) this.out.add(key);
    this.at = index;
    this.draw();
  }

  columns() {
    const tops = [...this.grid.children].map((figure) => figure.offsetTop);
    return Math.max(1, tops.filter((top) => top === tops[0]).length);
  }

  step(by) {
    this.at = Math.min(this.cells.length - 1, Math.max(0, this.at + by));
    this.draw();
  }

  nextGroup(by) {
    const names = this.groups().map(([name]) => name);
    if (names.length) this.open(names[(names.indexOf(this.text) + by + names.length) % names.length]);
  }

  accept() {
    const cells = this.like();
    if (!cells.length) return this.nextGroup(1);
    const names = this.groups().map(([name]) => name);
    const next = names[names.indexOf(this.text) + 1];
    this.store.sayOfCells(cells, "accept", { why: say("group-why") });
    // Excluded cells, and those beyond one screen, are left.
    this.open(this.groups().some(([name]) => name === this.text) ? this.text : next);
  }

  // Return whether the key was handled by the group.
  key(event) {
    const moves = {
      ArrowRight: () => this.step(1),
      ArrowLeft: () => this.step(-1),
      ArrowDown: () => this.step(this.columns()),
      ArrowUp: () => this.step(-this.columns()),
      " ": () => this.pickOut(this.at),
      Enter: () => this.accept(),
      Tab: () => this.nextGroup(event.shiftKey ? -1 : 1),
      a: () => {
        this.everything = !this.everything;
        this.open(null); // the largest group
      },
      e: () => this.cells[this.at] && this.onEdit?.(this.cells[this.at]),
      g: () => this.leave(),
      Escape: () => this.leave(),
    };
    const move = moves[keyOf(event)];
    if (!move) return false;
    move();
    return true;
  }
}
