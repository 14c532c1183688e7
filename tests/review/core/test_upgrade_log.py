"""Review logs of tenglu 0.1, whose entries held evidence as schema 1.0 had it."""

import sqlite3
from pathlib import Path

import pytest

from calls import tenglu
from tenglu.errors import ExitCode, InputError, OutputError
from tenglu.export.canonical import load
from tenglu.export.upgrade import upgrade
from tenglu.model import Document
from tenglu.review.core.log import FILE, open_log
from tenglu.review.core.reviewed import reviewed
from tenglu.review.core.upgrade_log import FORMER, upgrade_log

# Of a painted page: a correction, an accepted cell, two cells merged and read anew, a header.
HOME = Path(__file__).parents[2] / "support" / "data" / "schema-1.0"
N_ENTRIES = 4


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "page.json").write_bytes((HOME / "page.json").read_bytes())
    connection = sqlite3.connect(tmp_path / FILE)
    connection.executescript((HOME / "review.sql").read_text("utf-8"))
    connection.close()
    return tmp_path


def hashes(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    found = [row[0] for row in connection.execute("SELECT hash FROM entry ORDER BY number")]
    connection.close()
    return found


def without_messages(document: Document) -> Document:
    """Return a document without the wording of its flags, which versions may change."""
    flags = tuple(flag.amended(message="") for flag in document.flags)
    return document.amended(flags=flags)


def test_the_review_says_what_it_said(out: Path):
    call = tenglu("upgrade", out)
    assert call.code == ExitCode.OK, call.err
    result, log = call.summaries
    assert result.endswith("page.json: schema 1.0 -> 2.0")
    assert f"{N_ENTRIES} entries, 1 of them written anew" in log
    with open_log(out) as opened:
        assert opened.verify().fault is None
        entries = opened.entries()
    now = reviewed(load((out / "page.json").read_bytes()), entries)
    assert now.conflicts == ()
    former = load(upgrade((HOME / "reviewed.json").read_bytes()))
    assert without_messages(now.document) == without_messages(former)


def test_the_former_log_is_kept_as_its_hashes_may_be_known_elsewhere(out: Path):
    before = hashes(out / FILE)
    done = upgrade_log(out / FILE, out / FILE)
    assert done is not None
    assert (done.former_head, done.head) == (before[-1], hashes(out / FILE)[-1])
    assert done.head != done.former_head
    assert hashes(out / FORMER) == before
    # Entries before the first that was written anew have the hashes that they had.
    assert hashes(out / FILE)[:2] == before[:2]
    assert tenglu("audit", out, "--head", done.head).code == ExitCode.OK


def test_it_is_still_never_changed(out: Path):
    upgrade_log(out / FILE, out / FILE)
    connection = sqlite3.connect(out / FILE)
    for query in ("UPDATE entry SET who = 'x'", "DELETE FROM entry"):
        with pytest.raises(sqlite3.IntegrityError, match="the log is never"):
            connection.execute(query)
    connection.close()


def test_elsewhere_and_a_second_time(out: Path, tmp_path: Path):
    before = (out / FILE).read_bytes()
    target = tmp_path / "to" / FILE
    done = upgrade_log(out / FILE, target)
    assert done is not None
    assert (out / FILE).read_bytes() == before
    assert hashes(target)[-1] == done.head
    assert upgrade_log(target, target) is None
    assert sorted(entry.name for entry in target.parent.iterdir()) == [FILE]


def test_a_log_without_such_entries_has_the_hashes_that_it_had(out: Path):
    connection = sqlite3.connect(out / FILE)
    connection.executescript("DROP TRIGGER entry_is_kept; DELETE FROM entry WHERE number > 2")
    connection.close()
    before = hashes(out / FILE)
    done = upgrade_log(out / FILE, out / FILE)
    assert done == (2, 0, before[-1], before[-1])
    assert not (out / FORMER).exists()


def test_a_log_that_was_kept_before_is_never_lost(out: Path):
    former = (out / FILE).read_bytes()
    upgrade_log(out / FILE, out / FILE)
    (out / FILE).write_bytes(former)  # as if the call had been broken off in between
    assert upgrade_log(out / FILE, out / FILE) is not None
    (out / FILE).write_bytes(former)
    connection = sqlite3.connect(out / FORMER)
    connection.executescript("DROP TRIGGER entry_is_kept; DELETE FROM entry WHERE number > 2")
    connection.close()
    with pytest.raises(OutputError, match="is another log"):
        upgrade_log(out / FILE, out / FILE)
    assert len(hashes(out / FORMER)) == 2


def test_a_chain_that_is_broken_is_not_made_whole(out: Path):
    connection = sqlite3.connect(out / FILE)
    connection.executescript(
        "DROP TRIGGER entry_stays; UPDATE entry SET who = 'x' WHERE number = 1"
    )
    connection.close()
    with pytest.raises(InputError, match="entry 1 is not as it was written"):
        upgrade_log(out / FILE, out / FILE)


def test_a_log_in_use_is_left(out: Path, monkeypatch):
    monkeypatch.setattr("tenglu.review.core.upgrade_log.PATIENCE", 0.1)
    other = sqlite3.connect(out / FILE, isolation_level=None)
    other.executescript("PRAGMA journal_mode = WAL; BEGIN; SELECT * FROM entry;")
    with pytest.raises(OutputError, match="end tenglu review first"):
        upgrade_log(out / FILE, out / FILE)
    other.close()


@pytest.mark.parametrize("content", [b"", b"no database", None])
def test_what_is_no_log_is_refused(tmp_path: Path, content: bytes | None):
    if content is not None:
        (tmp_path / FILE).write_bytes(content)
    call = tenglu("upgrade", tmp_path / FILE)
    assert call.code == ExitCode.INPUT
    assert len(call.errors) == 1


def test_elsewhere_it_is_said_that_it_must_be_upgraded(out: Path):
    with pytest.raises(OutputError, match="run `tenglu upgrade"), open_log(out):
        pass
    assert tenglu("audit", out).code == ExitCode.OUTPUT
