"""Templates of the statutory forms, read from ``statutory_forms.toml``.

A relation from a template is tested even where neither labels nor numbers show it.
"""

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Self

from pydantic import Field, field_validator, model_validator

from tenglu.model import Frozen
from tenglu.stages.check.rules.numeric_table import NumericTable

FILE = "statutory_forms.toml"


def _compiles(pattern: str) -> str:
    re.compile(pattern)
    return pattern


class RowSum(Frozen):
    """A row that other rows of its side add up to, by patterns of their labels."""

    total: str
    parts: str
    parts_by_code: bool = False  # parts is a pattern of codes, on any side

    _patterns = field_validator("total", "parts")(_compiles)


class ColumnSum(Frozen):
    """A column that other columns under the same first head add up to."""

    total: str
    parts: tuple[str, ...]  # a pattern with "-" before it is subtracted


class FormTemplate(Frozen):
    """A statutory form: how to recognise it, and its sums."""

    name: str  # in Chinese
    en: str  # name in English
    title: str  # pattern
    texts: tuple[str, ...]  # that all occur in its head or labels
    row: tuple[RowSum, ...] = ()
    col: tuple[ColumnSum, ...] = ()

    _pattern = field_validator("title")(_compiles)


class CellSelector(Frozen):
    """Cells of a form: all rows whose label matches, in the column whose heads match."""

    form: str
    rows: str
    col: str

    _patterns = field_validator("rows", "col")(_compiles)


class Link(Frozen):
    """A relation between two forms: the left cell is the sum of the right cells."""

    left: CellSelector
    right: CellSelector


class Templates(Frozen):
    """All forms and links."""

    form: tuple[FormTemplate, ...] = Field(min_length=1)
    link: tuple[Link, ...]

    @model_validator(mode="after")
    def _links_name_forms(self) -> Self:
        names = {form.name for form in self.form}
        for link in self.link:
            if unknown := {link.left.form, link.right.form} - names:
                raise ValueError(f"a link names an unknown form: {sorted(unknown)[0]}")
        return self


@cache
def templates() -> Templates:
    """Return the templates; they are read and validated once."""
    text = files("tenglu.stages.check.rules").joinpath(FILE).read_text(encoding="utf-8")
    return Templates.model_validate(tomllib.loads(text))


def form_of(numeric: NumericTable) -> FormTemplate | None:
    """Return the form of a table, or None if it is not a known form."""
    title = re.sub(r"[“”\"\s]", "", numeric.source.title)
    texts = "\n".join(text for row in numeric.labels for text in row)
    for form in templates().form:
        if re.search(form.title, title) and all(text in texts for text in form.texts):
            return form
    return None
