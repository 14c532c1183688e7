// Entries for an earlier result that do not fit this one, listed until a person has decided.

import { element, reasonOf, say } from "./say.js";

export class Conflicts {
  constructor(store, box) {
    this.store = store;
    this.box = box;
    this.list = box.querySelector("ul");
  }

  open() {
    this.draw();
    this.box.showModal();
  }

  draw() {
    const button = (name, onclick) => element("button", { type: "button", onclick }, name);
    const lines = this.store.conflicts.map((conflict) =>
      element(
        "li",
        {},
        element("span", {}, this.words(conflict)),
        button(say("go-there"), () => this.goTo(conflict)),
        button(say("dismiss"), () => this.dismiss(conflict)),
      ),
    );
    this.list.replaceChildren(...lines);
  }

  words({ who, kind, page, before, after, refusal }) {
    return say("conflict", {
      who,
      kind: say(`kind-${kind}`),
      page: page ?? "",
      before: before ?? "",
      after: after ?? "",
      reason: reasonOf(refusal),
    });
  }

  // Go to the cell that is there now, or at least to its page.
  goTo({ table, row, col, page }) {
    this.box.close();
    const cell = this.store.cells.get(`${table}/${row}/${col}`);
    if (cell && (page === null || cell.page === page)) this.onChoose?.(cell);
    else if (page !== null) this.onPage?.(page);
  }

  // Undo an entry that does not fit; it stays in the log.
  async dismiss({ number, table, row, col }) {
    await this.store.flush();
    await this.store.takeBack(number, row == null ? [] : [`${table}/${row}/${col}`]);
    await this.store.sync();
    this.draw();
    if (!this.store.conflicts.length) this.box.close();
  }
}
