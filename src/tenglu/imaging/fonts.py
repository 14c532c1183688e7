"""Find installed fonts with Chinese glyphs."""

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

FONT_FOLDERS = (
    "~/.fonts",
    "~/.local/share/fonts",
    "~/Library/Fonts",
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/Library/Fonts",
    "/System/Library/Fonts",
    "C:/Windows/Fonts",
)
FONT_NAMES = (
    "notosanscjk*regular*",
    "notosanscjk*",
    "notosanssc*",
    "sourcehansans*",
    "notoserifcjk*",
    "wqy*",
    "droidsansfallback*",
    "pingfang*",
    "stheiti*",
    "msyh*",
    "simsun*",
    "simhei*",
)
"""Patterns of font files with Chinese glyphs in order of preference, in lower case."""
FONT_SUFFIXES = (".ttc", ".ttf", ".otf")


def find_font() -> Path | None:
    """Return the preferred font with Chinese glyphs; None: none in the standard folders."""
    fonts = sorted(_installed_fonts())
    for pattern in FONT_NAMES:
        for font in fonts:
            if fnmatch(font.name.lower(), pattern):
                return font
    return None


def _installed_fonts() -> Iterator[Path]:
    for name in FONT_FOLDERS:
        try:
            folder = Path(name).expanduser()
        except RuntimeError:  # this user has no home folder
            continue
        yield from (path for path in folder.rglob("*") if path.suffix.lower() in FONT_SUFFIXES)
