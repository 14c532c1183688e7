"""Load the texts of the review app, in Chinese and in English."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from tenglu.export.terms import FLAGS, KINDS, OUTCOMES, ROLES, SOURCES, Term, rule_term
from tenglu.stages.check.rules.registry import rule_names

Language = Literal["zh", "en"]
FILE = "texts.json"


@cache
def speech(language: Language) -> Mapping[str, str]:
    """Return all texts by name, with the terms that the exporters use too."""
    text = files("tenglu.review.core").joinpath(FILE).read_text(encoding="utf-8")
    said = {name: texts[language] for name, texts in json.loads(text).items()}
    return said | {name: getattr(term, language) for name, term in _terms().items()}


def _terms() -> dict[str, Term]:
    """Return the terms of results by the names that the browser asks for."""
    tables: tuple[tuple[str, dict[Any, Term]], ...] = (
        ("flag", FLAGS),
        ("check", KINDS),
        ("outcome", OUTCOMES),
        ("source", SOURCES),
        ("role", ROLES),
        ("rule", {code: rule_term(code) for code in rule_names()}),
    )
    return {f"{of}-{code}": term for of, terms in tables for code, term in terms.items()}


def choose_language(accepted: str) -> Language:
    """What a browser prefers of the two; English where it asks for neither."""
    wishes = []
    for order, part in enumerate(accepted.lower().split(",")):
        name, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        wishes.append((-weight, order, name.split("-")[0]))
    for _, _, name in sorted(wishes):
        if name == "zh":
            return "zh"
        if name == "en":
            return "en"
    return "en"
