"""Pages with tables that a browser typesets, with the place of every cell.

    python benchmarks/tables_html.py --out DIR --count 500 [--seed 1] [--browser /usr/bin/chromium]

Each page becomes NAME.png and NAME.json: for each table its cells in px of the picture, the box of
their text, the borders that are drawn and the tone of their ground.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright

from drawing.html_pages import draw_page
from drawing.words import pick

SCALES = (1.0, 1.25, 1.5, 2.0)  # px of the picture for one of CSS
WINDOW = {"width": 1720, "height": 1200}  # px of CSS
HIGHEST = 2200  # px of CSS; longer pages are drawn again
WIDEN = """() => {
  const page = document.querySelector('#page');
  const edge = parseFloat(getComputedStyle(page).paddingRight);
  const tables = [...document.querySelectorAll('table.truth')];
  const right = edge + Math.max(0, ...tables.map((t) => t.getBoundingClientRect().right));
  if (right > page.getBoundingClientRect().right) page.style.width = right + 'px';
}"""  # a wide table makes a wide page
READ = """() => {
  const mine = (r) => [r.left + scrollX, r.top + scrollY, r.right + scrollX, r.bottom + scrollY];
  const clear = 'rgba(0, 0, 0, 0)';
  const drawn = (s, d) => {
    const [line, tone] = [s['border' + d + 'Style'], s['border' + d + 'Color']];
    return line === 'none' || line === 'hidden' || tone === clear
      ? 0 : parseFloat(s['border' + d + 'Width']);
  };
  const sides = (s) => ['Top', 'Right', 'Bottom', 'Left'].map((d) => drawn(s, d));
  const around = (boxes) => boxes.length
    ? [0, 1, 2, 3].map((i) => Math[i < 2 ? 'min' : 'max'](...boxes.map((b) => b[i]))) : null;
  const cell = (td) => {
    const range = document.createRange();
    range.selectNodeContents(td);
    const style = getComputedStyle(td), half = parseFloat(style.fontSize) * 0.46;
    const [x0, y0, x1, y1] = mine(td.getBoundingClientRect());
    const lines = [...range.getClientRects()].filter((r) => r.width > 0.5).map(mine)
      .map(([a, b, c, d]) => [a, (b + d) / 2 - half, c, (b + d) / 2 + half])  // ink, not leading
      .map(([a, b, c, d]) => [Math.max(a, x0), Math.max(b, y0), Math.min(c, x1), Math.min(d, y1)]);
    return {
      row: +td.dataset.r, col: +td.dataset.c, rowspan: td.rowSpan, colspan: td.colSpan,
      box: [x0, y0, x1, y1], text: td.innerText.trim() ? around(lines) : null,
      border: sides(style),
      ground: style.backgroundImage === 'none' ? style.backgroundColor : style.backgroundImage,
    };
  };
  return [...document.querySelectorAll('table.truth')].map((t) => ({
    box: mine(t.getBoundingClientRect()),
    border: sides(getComputedStyle(t)),
    ground: getComputedStyle(t).backgroundColor,
    cells: [...t.querySelectorAll('td')].map(cell),
  }));
}"""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="pages with tables that a browser typesets")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--browser", default="/usr/bin/chromium")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=options.browser, args=["--no-sandbox"])
        pages = {
            scale: browser.new_page(
                viewport={"width": 1720, "height": 1200}, device_scale_factor=scale
            )
            for scale in SCALES
        }
        for number in range(options.count):
            rng = np.random.default_rng((options.seed, number))
            scale = pick(rng, SCALES)
            name = f"{options.seed}-{number:05d}"
            if not _shoot(pages[scale], rng, scale, options.out / name):
                print(f"{name}: too long, left out", flush=True)
        browser.close()


def _shoot(page: Page, rng: np.random.Generator, scale: float, stem: Path) -> bool:
    """Draw one page and write its picture and truth, unless it is too long."""
    page.set_content(draw_page(rng))
    page.evaluate(WIDEN)
    section = page.locator("#page")
    box = section.bounding_box()
    if box is None or box["height"] > HIGHEST:
        return False
    tables: list[dict[str, Any]] = page.evaluate(READ)
    section.screenshot(path=stem.with_suffix(".png"), animations="disabled")
    truth = {"scale": scale, "width": box["width"], "height": box["height"], "tables": tables}
    stem.with_suffix(".json").write_text(json.dumps(truth, ensure_ascii=False), encoding="utf-8")
    return True


if __name__ == "__main__":
    main()
