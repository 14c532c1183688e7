import json

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenglu.errors import InputError
from tenglu.export.canonical import dump, load, schema
from tenglu.model import Document


@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_load_undoes_dump(any_document, data):
    document = data.draw(any_document)
    written = dump(document)
    assert load(written) == document
    assert dump(load(written)) == written


def test_json_is_readable_utf8_with_a_newline_at_its_end(report):
    written = dump(report)
    assert "收入支出决算总表" in written.decode("utf-8")
    assert written.endswith(b"}\n")
    cell = json.loads(written)["tables"][0]["cells"][10]
    assert cell["text"] == "2,648.11"
    assert cell["value"] == "2648.11"
    assert cell["polygon"][1] == [110.5, 10.0]


@pytest.mark.parametrize(
    ("torn", "named"),
    [
        (lambda text: text[: len(text) // 2], "JSON"),
        (lambda text: text.replace('"2.0"', '"9.0"', 1), "schema_version"),
        (lambda text: text.replace('"2.0"', '"1.0"', 1), "run `tenglu upgrade`"),
        (lambda text: text.replace('"engine"', '"motor"', 1), "engine"),
        (lambda text: text.replace('"n_rows": 6', '"n_rows": 7'), "not covered"),
    ],
)
def test_what_is_no_result_is_refused_in_one_line(report, torn, named):
    with pytest.raises(InputError, match=named) as refused:
        load(torn(dump(report).decode()).encode())
    assert "\n" not in str(refused.value)


def test_schema_describes_what_is_written(report):
    described = json.loads(schema())
    assert described["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "$id" not in described
    checker = jsonschema.Draft202012Validator(described)
    checker.check_schema(described)
    written = json.loads(dump(report))
    checker.validate(written)
    assert set(described["properties"]) == set(written) == set(Document.model_fields)
    del written["tables"][0]["cells"][0]["polygon"]
    assert not checker.is_valid(written)
