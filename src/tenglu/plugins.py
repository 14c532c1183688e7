"""What tenglu is made of and what other packages add to it, all found by entry points.

A group holds one kind of thing under names of its own. What comes with tenglu is listed below, in
the form in which another package lists what it adds in its pyproject.toml::

    [project.entry-points."tenglu.exporters"]
    text = "my_package.text:EXPORTER"

Nothing is imported before it is used.
"""

import hashlib
import json
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from tenglu.errors import PluginError

ENGINES = "tenglu.engines"
EXPORTERS = "tenglu.exporters"
READERS = "tenglu.readers"
TABLE_FINDERS = "tenglu.table_finders"
RULES = "tenglu.rules"

BUILT_IN: dict[str, dict[str, str]] = {
    ENGINES: {
        "paddle": "tenglu.engines.paddle_spec:ENGINE",
        "replay": "tenglu.engines.replay:ENGINE",
    },
    EXPORTERS: {
        "json": "tenglu.export.canonical:EXPORTER",
        "xlsx": "tenglu.export.xlsx:EXPORTER",
        "csv": "tenglu.export.csv_files:EXPORTER",
        "html": "tenglu.export.webpage:EXPORTER",
        "md": "tenglu.export.markdown:EXPORTER",
    },
    READERS: {
        "pdf": "tenglu.stages.ingest.formats:PDF",
        "pictures": "tenglu.stages.ingest.formats:PICTURES",
    },
    TABLE_FINDERS: {},
    RULES: {},
}
"""Group -> name -> where it is defined; the order is that in which they are asked."""


class Plugin(NamedTuple):
    """One entry of a group."""

    entry: EntryPoint

    @property
    def package(self) -> str:
        """Name and version of the package that it comes from."""
        found = self.entry.dist
        return "tenglu" if found is None else f"{found.name} {found.version}"

    @property
    def is_built_in(self) -> bool:
        """Whether it comes with tenglu."""
        return self.entry.dist is None

    def load(self) -> Any:  # noqa: ANN401 - each group has its own type
        """Import it.

        Raises:
            PluginError: it does not load.
        """
        try:
            return self.entry.load()
        except Exception as broken:
            raise PluginError(
                f"plug-in {self.entry.name} of {self.package} does not load "
                f"({type(broken).__name__}: {broken}); update or uninstall that package"
            ) from broken

    def fingerprint(self) -> str:
        """Tell it from what it may become: name, package, version, and the code of its module.

        The code counts as well, since an editable install changes without its version.
        """
        parts = [self.entry.group, self.entry.name, self.package, _code(self.entry.module)]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@cache
def plugins(group: str) -> dict[str, Plugin]:
    """List a group by name: first what comes with tenglu, then the rest in the order of names.

    A name that is taken stays with what comes with tenglu.
    """
    built_in = [EntryPoint(name, where, group) for name, where in BUILT_IN[group].items()]
    added = sorted(entry_points(group=group), key=lambda entry: entry.name)
    found = {entry.name: Plugin(entry) for entry in reversed(built_in + added)}
    return {entry.name: found[entry.name] for entry in built_in + added}


def load(group: str, name: str) -> Any:  # noqa: ANN401 - each group has its own type
    """Import one entry of a group.

    Raises:
        PluginError: there is none of that name, or it does not load.
    """
    known = plugins(group)
    if name not in known:
        raise PluginError(f"{name!r} is none of {', '.join(known)}")
    return known[name].load()


@cache
def load_all(group: str) -> tuple[Any, ...]:
    """Import a whole group, in its order.

    Raises:
        PluginError: one does not load.
    """
    return tuple(plugin.load() for plugin in plugins(group).values())


def fingerprints(*groups: str) -> list[str]:
    """Tell what was added to some groups; what comes with tenglu is known by its code."""
    return [
        plugin.fingerprint()
        for group in groups
        for plugin in plugins(group).values()
        if not plugin.is_built_in
    ]


def _code(module: str) -> str:
    spec = find_spec(module)
    if spec is None or spec.origin is None or not Path(spec.origin).is_file():
        return ""
    return hashlib.sha256(Path(spec.origin).read_bytes()).hexdigest()
