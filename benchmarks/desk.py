"""How fast the reviewer's desk is, in a real browser.

    python benchmarks/desk.py RESULT.json --scans DIR [--browser PATH] [--copies 1000]

Serves the result, measures the first view of the document (from the click to a cell that can be
settled, and to its scan), the step to the next cell over a walk, the answer of the whole check, and
the list of a folder with many copies of a document. Prints milliseconds.
"""

import argparse
import json
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
SCREEN = {"width": 1280, "height": 720}
N_STEPS = 60
STEP = """
() => new Promise((resolve) => {
  const before = document.querySelector("#sheet .current").dataset.key;
  const start = performance.now();
  const press = { key: "Enter", bubbles: true };
  document.body.dispatchEvent(new KeyboardEvent("keydown", press));
  const look = () => {
    const now = document.querySelector("#sheet .current").dataset.key;
    if (now !== before || performance.now() - start > 2000) {
      requestAnimationFrame(() => resolve(performance.now() - start));
    } else requestAnimationFrame(look);
  };
  look();
})
"""


@contextmanager
def served(out: Path, scans: Path | None) -> Iterator[str]:
    words = [sys.executable, "-m", "tenglu", "review", str(out), "--no-browser"]
    words += ["--scans", str(scans)] if scans else []
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None  # noqa: S101 - for the type checker
        try:
            yield process.stdout.readline().split(" at ")[1].split()[0]
        finally:
            process.send_signal(signal.SIGINT)


def first_view(page: Page, address: str) -> dict[str, float]:
    page.goto(address)
    page.wait_for_function("!document.body.innerText.includes('…')")
    start = time.perf_counter()
    page.locator(".documents a").first.click()
    page.locator("body.ready").wait_for()
    cell = time.perf_counter() - start
    page.wait_for_function("document.querySelector('#scan img').naturalWidth > 0")
    scan = time.perf_counter() - start
    return {"first view, cell": 1000 * cell, "first view, scan": 1000 * scan}


def walk(page: Page) -> dict[str, float]:
    steps = []
    for _ in range(N_STEPS):
        steps.append(page.evaluate(STEP))
        page.wait_for_timeout(120)  # a reviewer looks; checks run meanwhile
    steps.sort()
    return {"next cell, median": statistics.median(steps), "next cell, longest": steps[-1]}


def checked(page: Page) -> dict[str, float]:
    path = page.evaluate("'/api/documents/' + document.documentElement.dataset.document")
    start = time.perf_counter()
    page.evaluate("(path) => fetch(path).then((answer) => answer.text())", path)
    return {"whole document": 1000 * (time.perf_counter() - start)}


def listed(page: Page, result: Path, copies: int, scratch: Path) -> dict[str, float]:
    """The list of a folder, the second time it is served and every time after."""
    out = scratch / "many"
    out.mkdir()
    text = result.read_text("utf-8")
    small = json.loads(text)
    small["tables"] = small["tables"][:1]
    small["flags"] = [flag for flag in small["flags"] if flag["table"] in (None, "t1")]
    for page_ in small["pages"]:
        page_["blocks"] = [b for b in page_["blocks"] if b.get("table") in (None, "t1")]
    for n in range(copies):
        (out / f"{n:04d}.json").write_text(json.dumps(small), "utf-8")
    with served(out, None) as address:
        start = time.perf_counter()
        page.goto(address)
        first = time.perf_counter() - start
        page.wait_for_function("!document.body.innerText.includes('…')", timeout=600_000)
        times = []
        for _ in range(5):
            start = time.perf_counter()
            page.goto(address)
            times.append(time.perf_counter() - start)
    named = f"list of {copies}"
    return {f"{named}, not counted yet": 1000 * first, named: 1000 * statistics.median(times)}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the reviewer's desk.")
    parser.add_argument("result", type=Path)
    parser.add_argument("--scans", type=Path, help="where its scan lies")
    parser.add_argument("--browser", default=shutil.which("chromium"))
    parser.add_argument("--copies", type=int, default=1000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        scratch = Path(folder)
        (scratch / "out").mkdir()
        shutil.copy(given.result, scratch / "out")
        browser = playwright.chromium.launch(executable_path=given.browser, args=FLAGS)
        page = browser.new_page(viewport=SCREEN, bypass_csp=True)  # it waits by scripts
        with served(scratch / "out", given.scans) as address:
            found = first_view(page, address) | walk(page) | checked(page)
        found |= listed(page, given.result, given.copies, scratch)
        browser.close()
    n_pages = re.search(r'"n_pages": ?(\d+)', given.result.read_text("utf-8"))
    print(f"{given.result.name}, {n_pages[1] if n_pages else '?'} pages")
    for name, milliseconds in found.items():
        print(f"{name:<32}{milliseconds:>8.0f} ms")


if __name__ == "__main__":
    main()
