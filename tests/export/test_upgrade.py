"""Results of tenglu 0.1, which wrote schema 1.0, as results of today."""

import json
from pathlib import Path

import pytest

from calls import tenglu
from tenglu.errors import ExitCode, InputError
from tenglu.export.canonical import dump, load
from tenglu.export.upgrade import ForeignFileError, upgrade, upgraded_evidence, version_of
from tenglu.review.core.log import open_log
from tenglu.stages.check import recheck

# A painted page with a table of 5 x 4, converted by tenglu 0.1.0 and reviewed there.
FORMER = Path(__file__).parents[1] / "support" / "data" / "schema-1.0"
PAGE = (FORMER / "page.json").read_bytes()
REVIEWED = (FORMER / "reviewed.json").read_bytes()
CHANGED = {"evidence", "decided_by"}


def cells(data: bytes) -> list[dict]:
    return [cell for table in json.loads(data)["tables"] for cell in table["cells"]]


def without_messages(document):
    """Drop the wording of flags, which follows the version."""
    return document.amended(flags=tuple(flag.amended(message="") for flag in document.flags))


@pytest.mark.parametrize("former", [PAGE, REVIEWED], ids=["converted", "reviewed"])
class TestResults:
    def test_everything_that_stays_means_what_it_meant(self, former):
        old, new = json.loads(former), json.loads(upgrade(former))
        assert new["schema_version"] == "2.0"
        for name in old.keys() - {"schema_version", "tables", "steps"}:
            assert new[name] == old[name], name
        for before, after in zip(cells(former), cells(upgrade(former)), strict=True):
            assert {k: v for k, v in after.items() if k not in CHANGED} == {
                k: v for k, v in before.items() if k not in CHANGED
            }

    def test_no_evidence_is_lost(self, former):
        for before, after in zip(cells(former), cells(upgrade(former)), strict=True):
            said = [
                [(e["text"], e["confidence"]) for e in each["evidence"]] for each in (before, after)
            ]
            assert said[0] == said[1]

    def test_a_check_finds_it_as_it_is(self, former):
        document = load(upgrade(former))
        assert without_messages(recheck(document)) == without_messages(document)


def test_it_says_who_chose_each_text():
    found = {cell["text"]: cell["decided_by"] for cell in cells(upgrade(PAGE))}
    assert found["—"] == "rule"
    assert found["4170.4"] == "machine"
    found = {cell["text"]: cell["decided_by"] for cell in cells(upgrade(REVIEWED))}
    assert found["4170.40"] == "reviewer"


def test_a_text_that_was_edited_by_hand_is_a_persons():
    content = json.loads(PAGE)
    cell = next(c for c in content["tables"][0]["cells"] if c["text"] == "2279.7")
    cell["text"] = "2279.8"
    found = {c["text"]: c["decided_by"] for c in cells(upgrade(json.dumps(content).encode()))}
    assert found["2279.8"] == "reviewer"


def test_stages_have_their_names_of_today():
    steps = [step["name"] for step in json.loads(upgrade(PAGE))["steps"]]
    assert steps == ["ingest", "orient", "strip", "tables", "assemble", "check"]


@pytest.mark.parametrize(
    ("witness", "text", "source", "name", "role"),
    [
        ("grid", None, "borders", None, "score"),
        ("grid/top", None, "border-top", None, "score"),
        ("grid/left", None, "border-left", None, "score"),
        ("no-letter-lost", None, "no-letter-lost", None, "score"),
        ("no-ink-left", None, "no-ink-left", None, "score"),
        ("clear-of-marks", None, "clear-of-marks", None, "score"),
        ("sum", None, "sum", None, "score"),
        ("sum", "1.20", "sum", None, "reading"),
        ("column", "—", "column", None, "reading"),
        ("PP-OCRv6_small_rec", "甲", "engine", "PP-OCRv6_small_rec", "reading"),
        ("PP-OCRv6_small_rec/runner-up", "甲", "engine", "PP-OCRv6_small_rec", "alternative"),
        ("PP-OCRv6_small_rec/again", "甲", "engine", "PP-OCRv6_small_rec", "rereading"),
        ("PP-OCRv6_small_rec/at-first", "甲", "engine", "PP-OCRv6_small_rec", "original"),
        ("own/engine", "甲", "engine", "own/engine", "reading"),
        ("reviewer/林/again", "甲", "reviewer", "林/again", "reading"),
        ("reviewer/sum", "", "reviewer", "sum", "reading"),
    ],
)
def test_a_witness_is_a_source_in_a_role(witness, text, source, name, role):
    found = upgraded_evidence({"witness": witness, "text": text, "confidence": 0.5})
    assert found == {
        "source": source, "name": name, "role": role, "text": text, "confidence": 0.5,
    }  # fmt: skip


def test_what_people_judged_comes_along():
    training = {"result": json.loads(PAGE), "judged": [{"table": "t1", "row": 0, "col": 0}]}
    found = json.loads(upgrade(json.dumps(training).encode()))
    assert found["judged"] == training["judged"]
    assert dump(load(json.dumps(found["result"]).encode())) == upgrade(PAGE)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b'{"pages": []}', b"\xff"])
def test_what_is_no_result_is_refused_as_such(data):
    assert version_of(data) is None
    with pytest.raises(ForeignFileError, match="no result of tenglu"):
        upgrade(data)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda text: text.replace('"1.0"', '"9.0"', 1), "of schema 9.0"),
        (lambda text: text.replace('"grid"', '"guess"', 1), "'guess'"),
        (lambda text: text.replace('"witness"', '"source"', 1), "no whole result"),
        (lambda text: text.replace('"tables"', '"sheets"', 1), "no whole result"),
        (lambda text: text.replace('"n_rows": 5', '"n_rows": 6', 1), "not covered"),
    ],
    ids=["version", "source", "evidence", "tables", "shape"],
)
def test_what_it_does_not_know_is_refused(wrong, said):
    with pytest.raises(InputError, match=said):
        upgrade(wrong(PAGE.decode()).encode())


# --- tenglu upgrade -------------------------------------------------------------------------------


def test_a_file_is_replaced_and_then_stays(tmp_path: Path):
    path = tmp_path / "page.json"
    path.write_bytes(PAGE)
    call = tenglu("upgrade", path)
    assert (call.code, call.summaries) == (ExitCode.OK, [f"{path}: schema 1.0 -> 2.0"])
    assert path.read_bytes() == upgrade(PAGE)
    again = tenglu("upgrade", path)
    assert (again.code, again.summaries) == (ExitCode.OK, [f"{path}: of schema 2.0 already"])
    assert path.read_bytes() == upgrade(PAGE)
    assert [entry.name for entry in tmp_path.iterdir()] == ["page.json"]


def test_a_folder_is_written_elsewhere_and_stays(tmp_path: Path):
    out, to = tmp_path / "out", tmp_path / "to"
    (out / "below").mkdir(parents=True)
    (out / "below" / "a.json").write_bytes(PAGE)
    (out / "b.json").write_bytes(upgrade(PAGE))
    (out / "report.json").write_text("{}")
    call = tenglu("upgrade", out, "-o", to)
    assert call.code == ExitCode.OK
    assert len(call.summaries) == 3
    assert "report.json: no result of tenglu, left as it is" in call.out
    assert (to / "below" / "a.json").read_bytes() == upgrade(PAGE)
    assert (to / "b.json").read_bytes() == upgrade(PAGE)
    assert not (to / "report.json").exists()
    assert (out / "below" / "a.json").read_bytes() == PAGE


def test_one_that_is_refused_stops_no_other(tmp_path: Path):
    for name, data in {"a": PAGE.replace(b'"grid"', b'"guess"', 1), "b": PAGE}.items():
        (tmp_path / f"{name}.json").write_bytes(data)
    call = tenglu("upgrade", tmp_path)
    assert call.code == ExitCode.INPUT
    assert "a.json" in call.errors[0]
    assert load((tmp_path / "b.json").read_bytes())
    assert tenglu("upgrade", tmp_path / "none.json").code == ExitCode.INPUT
    (tmp_path / "c.json").write_text("{}")
    assert tenglu("upgrade", tmp_path / "c.json").code == ExitCode.INPUT


@pytest.mark.parametrize("command", ["check", "export", "review"])
def test_elsewhere_a_former_result_is_told_how_to_be_upgraded(tmp_path: Path, command: str):
    (tmp_path / "page.json").write_bytes(PAGE)
    words = [tmp_path / "page.json"] if command == "check" else [tmp_path]
    if command == "export":
        with open_log(tmp_path):  # a folder that was reviewed
            pass
    if command == "review":
        words.append("--no-browser")
    call = tenglu(command, *words)
    assert call.code == ExitCode.INPUT
    assert "run `tenglu upgrade`" in call.err
