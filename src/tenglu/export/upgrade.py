"""Results of schema 1.0 as results of 2.0."""

import json
from collections.abc import Mapping
from typing import Any

from tenglu.errors import InputError
from tenglu.export.canonical import dump, load
from tenglu.model import SCHEMA_VERSION, Decider, EvidenceSource, Role

Json = dict[str, Any]

FORMER_VERSION = "1.0"
REVIEWER = "reviewer/"  # began the witness that was a person; the name followed
SCORES: Mapping[str, EvidenceSource] = {
    "grid": EvidenceSource.BORDERS,
    "grid/top": EvidenceSource.BORDER_TOP,
    "grid/right": EvidenceSource.BORDER_RIGHT,
    "grid/bottom": EvidenceSource.BORDER_BOTTOM,
    "grid/left": EvidenceSource.BORDER_LEFT,
    "no-letter-lost": EvidenceSource.NO_LETTER_LOST,
    "no-ink-left": EvidenceSource.NO_INK_LEFT,
    "clear-of-marks": EvidenceSource.CLEAR_OF_MARKS,
    "sum": EvidenceSource.SUM,
}
RULES: Mapping[str, EvidenceSource] = {
    "sum": EvidenceSource.SUM,
    "column": EvidenceSource.COLUMN,
}
ROLES: Mapping[str, Role] = {
    "runner-up": Role.ALTERNATIVE,
    "again": Role.REREADING,
    "at-first": Role.ORIGINAL,
}
STAGES: Mapping[str, str] = {"grid": "tables", "rebuild": "assemble"}


class ForeignFileError(InputError):
    """The file is no result of tenglu, of whatever version."""


def version_of(data: bytes) -> str | None:
    """Return the schema version that a file names; None: it is no result."""
    try:
        content = json.loads(data)
    except ValueError:
        return None
    result = _result(content)
    version = None if result is None else result.get("schema_version")
    return version if isinstance(version, str) else None


def upgrade(data: bytes) -> bytes:
    """Return a result, or what ``tenglu export --to training`` wrote, in the present schema.

    Raises:
        ForeignFileError: it is neither.
        InputError: it is not of schema 1.0, or damaged.
    """
    version = version_of(data)
    if version is None:
        raise ForeignFileError("no result of tenglu")
    if version != FORMER_VERSION:
        raise InputError(f"of schema {version}; only {FORMER_VERSION} can be upgraded")
    content = json.loads(data)
    try:
        document = load(json.dumps(_upgraded(_result(content) or {})).encode())
    except (KeyError, TypeError, AttributeError) as wrong:
        raise InputError(f"no whole result of schema {FORMER_VERSION}: {wrong!r}") from wrong
    if _is_training(content):
        whole = {**content, "result": document.model_dump(mode="json")}
        return json.dumps(whole, ensure_ascii=False).encode() + b"\n"
    return dump(document)


def upgraded_evidence(former: Json) -> Json:
    """Return one piece of evidence of 1.0 with its source and role.

    Raises:
        InputError: 1.0 had no such source.
    """
    witness, text = former["witness"], former["text"]
    name: str | None = None
    if text is None:
        if witness not in SCORES:
            raise InputError(
                f"evidence of {witness!r}, which schema {FORMER_VERSION} does not have"
            )
        source, role = SCORES[witness], Role.SCORE
    elif witness in RULES:
        source, role = RULES[witness], Role.READING
    elif witness.startswith(REVIEWER):
        source, role, name = EvidenceSource.REVIEWER, Role.READING, witness.removeprefix(REVIEWER)
    else:
        engine, _, way = witness.rpartition("/")
        source, role, name = EvidenceSource.ENGINE, Role.READING, witness
        if engine and way in ROLES:
            role, name = ROLES[way], engine
    said = {"text": text, "confidence": former["confidence"]}
    return {"source": source, "name": name, "role": role, **said}


def _result(content: object) -> Json | None:
    if not isinstance(content, dict):
        return None
    inner = content["result"] if _is_training(content) else content
    return inner if isinstance(inner, dict) else None


def _is_training(content: Json) -> bool:
    return content.keys() == {"result", "judged"}


def _upgraded(former: Json) -> Json:
    tables = [
        {**table, "cells": [_cell(cell) for cell in table["cells"]]} for table in former["tables"]
    ]
    steps = [
        {**step, "name": STAGES.get(step["name"], step["name"])} for step in former.get("steps", ())
    ]
    return {**former, "schema_version": SCHEMA_VERSION, "tables": tables, "steps": steps}


def _cell(former: Json) -> Json:
    evidence = [upgraded_evidence(one) for one in former.get("evidence", ())]
    return {**former, "evidence": evidence, "decided_by": _decider(former["text"], evidence)}


def _decider(text: str, evidence: list[Json]) -> Decider:
    """Return who chose a text; schema 1.0 did not say so where it was edited by hand."""
    readings = [one for one in evidence if one["role"] is Role.READING]
    last = readings[-1] if readings else {"source": None, "text": ""}
    if last["source"] is EvidenceSource.REVIEWER or (evidence and text != last["text"]):
        return "reviewer"
    return "rule" if last["source"] in RULES.values() else "machine"
