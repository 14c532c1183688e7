"""What the tests of the desk share: a folder, and a browser where there is one."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

import office

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",  # tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SCREEN = {"width": 1280, "height": 720}


expect.set_options(timeout=30_000)  # milliseconds; a busy machine opens an engine in ten seconds


@pytest.fixture
def out(tmp_path):
    """A folder with one document: 12 rows of figures, four of them doubtful."""
    return office.folder(tmp_path)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("TENGLU_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        words = (
            "no Chromium here: install one (apt-get install chromium) or name it in TENGLU_BROWSER"
        )
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


class Tabs:
    """Opens tabs, each with a session of its own, and remembers what the browser complained of."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts = []
        self.complaints: list[str] = []

    def open(self, address: str, **wishes) -> Page:
        usual = {"viewport": SCREEN, "locale": "en-GB", "color_scheme": "light"}
        context = self._browser.new_context(**usual | wishes)
        self._contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._note)
        page.goto(address)
        return page

    def _note(self, message) -> None:
        # Refused writes, a server that is away and one with a fault are what some tests are about.
        expected = ("409", "422", "500", "ERR_CONNECTION", "ERR_FAILED", "401")
        if message.type == "error" and not any(word in message.text for word in expected):
            self.complaints.append(message.text)

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def tabs(chromium) -> Iterator[Tabs]:
    opened = Tabs(chromium)
    yield opened
    opened.close()
    assert opened.complaints == []
