// Browsing the scan, and the flags of whole pages and of tables on them.

import { element, say } from "./say.js";

export class Pages {
  constructor(store, scan, list) {
    Object.assign(this, { store, scan, list });
  }

  // The flags of the page that is shown.
  doubts() {
    return this.store.doubts().filter(({ page }) => page === this.scan.page?.number);
  }

  draw() {
    this.list.replaceChildren(
      ...this.doubts().map((doubt) => {
        const flag = say(`flag-${doubt.code}`);
        const tables = doubt.tables.map((id) => this.store.nameOf(id)).join(", ");
        const text = tables ? say("doubt-in", { flag, tables }) : flag;
        const button = { type: "button", onclick: () => this.see([doubt]) };
        return element(
          "li",
          { title: doubt.messages.join("\n") },
          element("span", {}, text),
          element("button", button, say("seen"), " ", element("kbd", {}, "D")),
        );
      }),
    );
  }

  async see(doubts) {
    await Promise.all(doubts.map(({ page, code }) => this.store.sayOfPage(page, code)));
    await this.store.sync();
  }

  browse(number) {
    if (!this.store.pages.has(number)) return;
    this.scan.browse(number);
    this.draw();
  }

  // Return to the page of the current cell.
  comeBack() {
    this.scan.comeBack();
    this.draw();
  }

  // Go to the next page with flags, or from the last one to the first.
  nextDoubt() {
    const pages = this.store.doubts().map(({ page }) => page);
    const next = pages.find((page) => page > this.scan.page.number) ?? pages[0];
    if (next !== undefined) this.browse(next);
  }
}
