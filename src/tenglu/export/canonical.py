"""JSON: the canonical result, and its schema."""

import json
import re

from pydantic import TypeAdapter, ValidationError

from tenglu.errors import InputError
from tenglu.export import Exporter
from tenglu.model import Document

OUTDATED = (
    "a result of tenglu 0.1 (schema 1.0): run `tenglu upgrade` on it, or convert the scan again"
)
_FORMER = re.compile(rb'\s*\{\s*"schema_version"\s*:\s*"1\.')
_DOCUMENT = TypeAdapter(Document)  # gives bytes; the model itself a text, which is held twice


def dump(document: Document) -> bytes:
    """UTF-8 JSON with a newline at its end; the same document gives the same bytes."""
    return _DOCUMENT.dump_json(document, indent=1) + b"\n"


def is_outdated(data: bytes) -> bool:
    """Return whether a file begins as a result of schema 1.0 does."""
    return bool(_FORMER.match(data))


def load(data: bytes) -> Document:
    """Read back what `dump` wrote.

    Raises:
        InputError: not a result of tenglu, or not of this version.
    """
    try:
        return Document.model_validate_json(data)
    except ValidationError as wrong:
        if is_outdated(data):
            raise InputError(OUTDATED) from wrong
        first = wrong.errors(include_url=False, include_context=False, include_input=False)[0]
        at = ".".join(str(step) for step in first["loc"]) or "the file"
        raise InputError(
            f"not a result that this version of tenglu can read: {at}: {first['msg']};"
            " convert the scan again"
        ) from wrong


def render(document: Document) -> dict[str, bytes]:
    return {".json": dump(document)}


EXPORTER = Exporter(".json", render)


def schema() -> str:
    """JSON Schema (draft 2020-12) of the result."""
    of_document = Document.model_json_schema(mode="serialization")
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "tenglu result"}
    del of_document["title"]
    return json.dumps(head | of_document, ensure_ascii=False, indent=2) + "\n"
