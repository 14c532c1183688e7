"""The log of a review: appended, never changed, whole whatever happens."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading

import pytest

from tenglu.errors import OutputError
from tenglu.review.core.events import Event
from tenglu.review.core.log import FILE, StaleError, open_log, read_log

WRITER = """
import sys
from pathlib import Path
from tenglu.review.core.events import Event
from tenglu.review.core.log import open_log
with open_log(Path(sys.argv[1])) as log:
    for i in range(100_000):
        said = Event(f"key-{i:08d}", "lin", "a.json", "0", "edit", "t1", i, 0, "a", "b", "", {})
        [entry] = log.append([said], i)
        print(entry.number, flush=True)
"""


def said(key: str, row: int = 0, kind="edit", document="a.json", table="t1", **more) -> Event:
    words = {"before": "1", "after": "2", "why": "", "detail": {}} | more
    return Event(key, "林", document, "00", kind, table, row, 0, **words)


@pytest.fixture
def log(tmp_path):
    with open_log(tmp_path) as opened:
        yield opened


def test_what_was_said_comes_back_in_order(log):
    first = log.append([said("key-1"), said("key-2", 1)], 0)
    second = log.append([said("key-3", 2, document="b.json", detail={"x": [1.5, "格"]})], 2)
    assert [entry.number for entry in first + second] == [1, 2, 3]
    assert log.entries() == first + second
    assert log.entries("a.json") == first
    assert log.entries("a.json", after=1) == first[1:]
    assert log.last_numbers() == {"a.json": 2, "b.json": 3}
    assert log.verify() == (3, second[0].hash, None)


def test_the_same_word_twice_is_one_entry(log):
    [entry] = log.append([said("key-1")], 0)
    assert log.append([said("key-1")], 0) == [entry]
    assert len(log.entries()) == 1


class TestStale:
    def test_a_cell_that_somebody_changed_is_not_overwritten(self, log):
        [earlier] = log.append([said("key-1")], 0)
        with pytest.raises(StaleError) as stale:
            log.append([said("key-2")], 0)
        assert stale.value.newer == (earlier,)
        assert len(log.entries()) == 1
        log.append([said("key-2")], 1)

    def test_other_cells_and_documents_do_not_matter(self, log):
        log.append([said("key-1")], 0)
        log.append([said("key-2", 1)], 0)
        log.append([said("key-3", document="b.json")], 0)
        assert len(log.entries()) == 3

    def test_nothing_of_a_batch_is_written_if_one_word_is_stale(self, log):
        log.append([said("key-1", 5)], 0)
        with pytest.raises(StaleError):
            log.append([said("key-2", 4), said("key-3", 5)], 0)
        assert len(log.entries()) == 1

    def test_a_new_shape_makes_every_cell_stale(self, log):
        log.append([said("key-1", kind="merge", detail={"shape": True})], 0)
        with pytest.raises(StaleError):
            log.append([said("key-2", 9)], 0)

    def test_a_shape_is_stale_if_any_cell_of_its_table_changed(self, log):
        log.append([said("key-1", 7)], 0)
        log.append([said("key-2", kind="merge", table="t2", detail={"shape": True})], 0)
        with pytest.raises(StaleError):
            log.append([said("key-3", kind="merge", detail={"shape": True})], 0)


class TestChain:
    @pytest.fixture
    def written(self, tmp_path):
        with open_log(tmp_path) as log:
            for i in range(5):
                log.append([said(f"key-{i}", i)], i)
        return tmp_path

    @pytest.mark.parametrize(
        "change",
        ["UPDATE entry SET after = '9' WHERE number = 3", "DELETE FROM entry WHERE number = 3"],
    )
    def test_the_database_itself_refuses_to_change(self, written, change):
        connection = sqlite3.connect(written / FILE)
        with pytest.raises(sqlite3.IntegrityError, match="never"):
            connection.execute(change)
        connection.close()

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE entry SET after = '9' WHERE number = 3",
            "UPDATE entry SET who = 'somebody' WHERE number = 3",
            "UPDATE entry SET at = '2020-01-01T00:00:00.000+00:00' WHERE number = 3",
            "UPDATE entry SET detail = '{}  ]' WHERE number = 3",
            "DELETE FROM entry WHERE number = 3",
            "UPDATE entry SET number = 9 WHERE number = 3",
        ],
    )
    def test_who_goes_round_the_triggers_is_found_out(self, written, change):
        connection = sqlite3.connect(written / FILE)
        connection.executescript("DROP TRIGGER entry_stays; DROP TRIGGER entry_is_kept")
        connection.execute(change)
        connection.commit()
        connection.close()
        with read_log(written) as log:
            verified = log.verify()
        assert verified.fault is not None
        assert verified.n_entries <= 2

    def test_a_folder_without_a_review(self, tmp_path):
        with pytest.raises(OutputError, match="no review"), read_log(tmp_path):
            pass
        assert list(tmp_path.iterdir()) == []

    def test_a_log_of_a_newer_version_is_left_alone(self, written):
        connection = sqlite3.connect(written / FILE)
        connection.execute("PRAGMA user_version = 99")
        connection.close()
        with pytest.raises(OutputError, match="newer"), open_log(written):
            pass


@pytest.mark.skipif(os.name != "posix", reason="kills")
def test_what_was_acknowledged_survives_a_kill(tmp_path):
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as writer:
            known = [int(writer.stdout.readline()) for _ in range(25)]
            writer.send_signal(signal.SIGKILL)
            known += [
                int(line)
                for line in writer.stdout.read().splitlines(keepends=True)
                if line.endswith("\n")
            ]
        with read_log(tmp_path) as log:
            assert log.verify().fault is None
            assert {entry.number for entry in log.entries()} >= set(known)


def test_many_writers_at_once_each_once_in_order(tmp_path):
    def write(name: int) -> None:
        with open_log(tmp_path) as log:
            for i in range(20):
                log.append([said(f"key-{name}-{i}", name * 100 + i)], 0)

    threads = [threading.Thread(target=write, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with read_log(tmp_path) as log:
        assert log.verify()[::2] == (160, None)
        assert len({entry.event.key for entry in log.entries()}) == 160
