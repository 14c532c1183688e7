"""What the desk says, in Chinese and in English."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

Language = Literal["zh", "en"]
FILE = "texts.json"


@cache
def speech(language: Language) -> Mapping[str, str]:
    """All that is said, by name."""
    text = files("tenglu.review.core").joinpath(FILE).read_text(encoding="utf-8")
    return {name: said[language] for name, said in json.loads(text).items()}


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
