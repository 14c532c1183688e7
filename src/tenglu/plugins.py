"""What tenglu is made of and what other packages add to it, all found by entry points.

A group holds one kind of thing, each under a name. What comes with tenglu is listed below; another
package lists what it adds in its pyproject.toml in the same form::

    [project.entry-points."tenglu.exporters"]
    text = "my_package.text:EXPORTER"

Nothing is imported before it is used.
"""

import hashlib
import json
import sys
from collections.abc import Sequence
from functools import cache
from importlib.metadata import EntryPoint, distributions
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from tenglu.errors import PluginError

ENGINES = "tenglu.engines"
EXPORTERS = "tenglu.exporters"
READERS = "tenglu.readers"
TABLE_FINDERS = "tenglu.table_finders"
RULES = "tenglu.rules"

_RULES = "tenglu.stages.check.rules"

BUILT_IN: dict[str, dict[str, str]] = {
    ENGINES: {
        "paddle": "tenglu.engines.paddle:ENGINE",
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
        "pictures": "tenglu.stages.ingest.formats:PICTURES",
        "pdf": "tenglu.stages.ingest.formats:PDF",
    },
    TABLE_FINDERS: {},
    RULES: {  # in order of precedence
        "statutory-forms": f"{_RULES}.statutory:STATUTORY_FORMS",
        "of-which-fields": f"{_RULES}.addend_runs:OF_WHICH_FIELDS",
        "code-hierarchy": f"{_RULES}.code_hierarchy:CODE_HIERARCHY",
        "formulas": f"{_RULES}.formulas:FORMULAS",
        "row-sums": f"{_RULES}.row_sums:ROW_SUMS",
        "head-relations": f"{_RULES}.head_relations:HEAD_RELATIONS",
        "rates": f"{_RULES}.ratios:RATES_OF_ROWS",
        "accounts": f"{_RULES}.accounts:ACCOUNTS",
        "running-balance": f"{_RULES}.running_balance:RUNNING_BALANCE",
        "twin-totals": f"{_RULES}.equal_amounts:TWIN_TOTALS",
        "column-sums": f"{_RULES}.column_sums:COLUMN_SUMS",
        "chains": f"{_RULES}.addend_runs:CHAINS",
        "of-which-rows": f"{_RULES}.addend_runs:OF_WHICH_ROWS",
        "runs": f"{_RULES}.addend_runs:RUNS",
        "amounts-in-words": f"{_RULES}.equal_amounts:AMOUNTS_IN_WORDS",
        "statutory-links": f"{_RULES}.statutory:STATUTORY_LINKS",
        "shared-rows": f"{_RULES}.equal_amounts:SHARED_ROWS",
        "prose-amounts": f"{_RULES}.prose_amounts:PROSE_AMOUNTS",
    },
}
"""Group -> name -> where it is defined, in the order in which they are asked."""


def nothing_else(*_: object) -> Sequence[str]:
    """Return what the results of most plug-ins depend on beside their code: nothing."""
    return ()


class Plugin(NamedTuple):
    """One entry of a group, not imported yet."""

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
        """Tell it from what it may become: by name, package, version and code.

        The code counts as well, since that of an editable install changes and its version does not.
        """
        parts = (self.entry.group, self.entry.name, self.package, _code(self.entry.module))
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def plugins(group: str) -> dict[str, Plugin]:
    """List a group by name: first what comes with tenglu, then the rest in the order of names.

    A name that tenglu uses itself cannot be taken by another package.
    """
    found = {name: Plugin(EntryPoint(name, at, group)) for name, at in BUILT_IN[group].items()}
    for entry in _added(tuple(sys.path)):
        if entry.group == group:
            found.setdefault(entry.name, Plugin(entry))
    return found


@cache
def _added(path: tuple[str, ...]) -> list[EntryPoint]:
    """List what other packages add, once for a search path: there are hundreds of packages."""
    found = [
        entry
        for package in distributions(path=list(path))
        for entry in package.entry_points
        if entry.group in BUILT_IN
    ]
    return sorted(found, key=lambda entry: entry.name)


def load(group: str, name: str) -> Any:  # noqa: ANN401 - each group has its own type
    """Import one entry of a group.

    Raises:
        PluginError: there is none of that name, or it does not load.
    """
    known = plugins(group)
    if name not in known:
        raise PluginError(f"{name!r} is none of {', '.join(known)}; see tenglu doctor")
    return known[name].load()


def load_all(group: str) -> list[Any]:
    """Import a whole group, in its order.

    Raises:
        PluginError: one does not load.
    """
    return _load_all(group, tuple(sys.path))


@cache
def _load_all(group: str, _: tuple[str, ...]) -> list[Any]:
    """Import a group once for a search path: it is asked for each file and each page."""
    return [plugin.load() for plugin in plugins(group).values()]


def fingerprints(group: str, names: Sequence[str] | None = None) -> list[str]:
    """Tell what a group, or some of it, makes results depend on.

    What comes with tenglu is left out: it is known by the code of tenglu.

    Raises:
        PluginError: one does not load.
    """
    return [
        part
        for name, plugin in plugins(group).items()
        if not plugin.is_built_in and (names is None or name in names)
        for part in (plugin.fingerprint(), *plugin.load().fingerprint())
    ]


def _code(module: str) -> str:
    """Hash the code of the package that a module stands in."""
    top = find_spec(module.partition(".")[0])
    if top is None:
        return ""
    files = [Path(top.origin)] if top.origin else []
    for folder in top.submodule_search_locations or ():
        files += sorted(Path(folder).rglob("*.py"))
    digest = hashlib.sha256()
    for file in files:
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()
