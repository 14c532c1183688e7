"""Pictures of the reviewer's desk for the documents.

    tenglu convert scans -o OUT
    python benchmarks/desk_pictures.py OUT docs/images [--browser PATH]

Opens the first document of OUT, whose scan lies where convert found it, and takes pictures of the
cell in hand, of a text that is being typed, and of groups. Nothing is said: OUT stays as it is.
"""

import argparse
import io
import shutil
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from desk import FLAGS, SCREEN, served

N_COLOURS = 256  # of a picture: enough for a scan, and it takes half of the memory_limit
REVIEWER = "lin"
QUIET = 1500  # milliseconds until pictures of pages and cells are there


def cell_in_hand(_: Page) -> None:
    """As a document opens."""


def typing(page: Page) -> None:
    """A text that its sums do not bear."""
    page.keyboard.press("e")
    page.keyboard.type("821.88")


def groups(page: Page) -> None:
    """Like readings together, one of them picked out."""
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")


PICTURES: dict[str, tuple[str, str, Callable[[Page], None]]] = {
    "desk": ("en-GB", "light", cell_in_hand),
    "desk-typing": ("zh-CN", "dark", typing),
    "desk-groups": ("en-GB", "light", groups),
}


def take(browser: Browser, address: str, name: str, folder: Path) -> None:
    language, scheme, act = PICTURES[name]
    context = browser.new_context(viewport=SCREEN, locale=language, color_scheme=scheme)
    context.add_init_script(f"localStorage.setItem('who', '{REVIEWER}')")
    page = context.new_page()
    page.goto(address)
    page.locator(".documents a").first.click()
    page.locator("body.ready").wait_for()
    act(page)
    page.wait_for_timeout(QUIET)
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    few = image.quantize(N_COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(folder / f"{name}.png", optimize=True)
    context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Take pictures of the desk.")
    parser.add_argument("out", type=Path, help="folder of results")
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--browser", default=shutil.which("chromium"))
    given = parser.parse_args()
    with sync_playwright() as playwright, served(given.out, None) as address:
        browser = playwright.chromium.launch(executable_path=given.browser, args=FLAGS)
        for name in PICTURES:
            take(browser, address, name, given.folder)
        browser.close()


if __name__ == "__main__":
    main()
