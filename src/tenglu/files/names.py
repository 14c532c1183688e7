"""Names that neither a file system nor Excel takes for the same."""

import unicodedata


def distinct(name: str, taken: set[str], longest: int = 200) -> str:
    """A name of at most ``longest`` UTF-16 units that is not in ``taken``, and take it.

    Two names are the same if they differ only in case or in width.
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
    """The start of a text, ``longest`` UTF-16 units at most: so Excel counts."""
    return text.encode("utf-16-le")[: 2 * longest].decode("utf-16-le", errors="ignore")
