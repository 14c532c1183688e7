"""Make names that are distinct on file systems and in Excel, which ignore case and width."""

import unicodedata


def distinct(name: str, taken: set[str], longest: int = 200) -> str:
    """Return a name of at most ``longest`` UTF-16 units that is not in ``taken``, and add it.

    Names that differ only in case or character width are the same.
    """
    count = 1
    candidate = cut(name, longest)
    while (key := unicodedata.normalize("NFKC", candidate).casefold()) in taken:
        count += 1
        suffix = f" ({count})"
        candidate = cut(name, longest - len(suffix)) + suffix
    taken.add(key)
    return candidate


def cut(text: str, longest: int) -> str:
    """Truncate a text to ``longest`` UTF-16 units, as Excel counts them."""
    return text.encode("utf-16-le")[: 2 * longest].decode("utf-16-le", errors="ignore")
