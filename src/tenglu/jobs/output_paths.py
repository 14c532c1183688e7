"""Where results go: a name for each input that no other one has."""

import os
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import chain, count
from pathlib import Path
from typing import NamedTuple


class Target(NamedTuple):
    """Where the results of an input go: ``folder/<stem>.json`` and so on."""

    folder: Path
    stem: str


class PathResolver:
    """Resolve links in paths; a folder is looked up once for all files in it."""

    def __init__(self) -> None:
        self._prefixes: dict[str, str] = {}  # real folders with what parts them from a name

    def of(self, path: Path) -> str:
        """Return the path with links in its folder resolved, and its name as given."""
        # Text alone: Path and os.path are ten times slower, and files come by the hundred thousand.
        folder, separator, name = str(path).rpartition(os.sep)
        if not separator:
            folder, name = os.path.split(path)  # of a name with a drive, too
        prefix = self._prefixes.get(folder + separator)
        if prefix is None:
            prefix = os.path.join(os.path.realpath(folder + separator), "")  # noqa: PTH118
            self._prefixes[folder + separator] = prefix
        return prefix + name

    def linked_to(self, path: Path) -> str:
        """Return the path with all links resolved."""
        place = self.of(path)
        return os.path.realpath(place) if os.path.islink(place) else place  # noqa: PTH114


def plan_targets(
    inputs: Sequence[tuple[Path, Path]],
    out: Path,
    suffixes: Sequence[str],
    named: Mapping[str, Target] | None = None,
) -> list[Target]:
    """Name the results so that none overwrites another, or an input.

    ``a.pdf`` becomes ``a``. If another input would be ``a`` too, they become ``a.pdf`` and
    ``a.png``; if even that is the same, ``north_a.pdf`` and ``south_a.pdf`` by their folders; then
    the whole path counts, and in the end a number.

    Args:
        inputs: path of each, and the folder below ``out`` that its results go to.
        out: folder of results.
        suffixes: of the files that are written, such as ".json".
        named: by place, what inputs were named by earlier calls: they keep these names.
    """
    look_up = PathResolver()
    places = [look_up.of(path) for path, _ in inputs]
    is_hit = _hits(places, suffixes)
    below = cache(lambda folder: out / folder)
    kept, taken = _kept([below(folder) for _, folder in inputs], places, named or {})
    natural = {
        place: Target(below(folder), path.stem)
        for (path, folder), place in zip(inputs, places, strict=True)
        if place not in kept
    }
    for longer in LONGER_NAMES:
        keys = {place: _key(target) for place, target in natural.items()}
        times = Counter(keys.values())
        clashing = [
            place
            for place, target in natural.items()
            if times[keys[place]] > 1 or keys[place] in taken or is_hit(target)
        ]
        if not clashing:
            break
        for place in clashing:
            natural[place] = natural[place]._replace(stem=longer(Path(place)))
    new = {place: _numbered(target, taken) for place, target in natural.items()}
    return [kept.get(place) or new[place] for place in places]


LONGER_NAMES: tuple[Callable[[Path], str], ...] = (
    lambda place: place.name,
    lambda place: f"{place.parent.name}_{place.name}",
    lambda place: "_".join(place.parts[1:]),
)


def _kept(
    folders: Sequence[Path], places: Sequence[str], named: Mapping[str, Target]
) -> tuple[dict[str, Target], set[str]]:
    """Return the names that stay, and all that are taken.

    An input keeps its name as long as it stands where it stood below the folder that was given; the
    name of an input that is gone is free.
    """
    current = set(places)
    others = (
        target for place, target in named.items() if place not in current and os.path.lexists(place)
    )
    taken = {_key(target) for target in others}
    kept = {}
    for folder, place in zip(folders, places, strict=True):
        target = named.get(place)
        if target is not None and target.folder == folder and _key(target) not in taken:
            kept[place] = target
            taken.add(_key(target))
    return kept, taken


def _key(target: Target) -> str:
    """Return a key that is equal for names that some file system takes for the same."""
    name = f"{target.folder}/{target.stem}"
    return name.lower() if name.isascii() else unicodedata.normalize("NFKC", name).casefold()


def _hits(places: Sequence[str], suffixes: Sequence[str]) -> Callable[[Target], bool]:
    """Tell whether a result would be written over an input, such as a PDF that is named a.json."""
    names: dict[str, list[str]] = defaultdict(list)  # by folder; mostly none
    ends = tuple(suffix.lower() for suffix in suffixes)
    for place in places:
        folder, name = os.path.split(place)
        if name.lower().endswith(ends):
            names[folder].append(name)

    def is_hit(target: Target) -> bool:
        if not names:
            return False
        inside = names.get(os.path.realpath(target.folder), ())
        return any(name.startswith(f"{target.stem}.") for name in inside)

    return is_hit


def _numbered(target: Target, taken: set[str]) -> Target:
    names = chain([target], (target._replace(stem=f"{target.stem} ({n})") for n in count(2)))
    free = next(name for name in names if _key(name) not in taken)
    taken.add(_key(free))
    return free
