"""A folder of results: its list, its scans, and results that were converted again."""

import json
import os
import sys

import pytest
from PIL import Image

import office
from calls import card_pdf, replaying, tenglu
from fit_confidence import reviewed_cases
from office import Text, Visitor, desk
from tenglu.model import Flag, FlagCode
from tenglu.review.core.folder import find_results, find_scan, known_counts, read_result, survey
from tenglu.review.core.log import open_log, read_log
from tenglu.stages.check import recheck


def test_results_are_named_by_ids_and_hidden_files_are_none(out):
    (out / "below").mkdir()
    (out / "below" / "报告 1.json").write_bytes((out / "report.json").read_bytes())
    (out / ".tenglu").mkdir()
    (out / ".tenglu" / "x.json").write_text("{}")
    found = find_results(out)
    assert [result.name for result in found.values()] == ["below/报告 1.json", "report.json"]
    assert all(len(name) == 16 and set(name) <= set("0123456789abcdef") for name in found)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have Unicode names alone")
def test_a_name_that_is_not_unicode(out, tmp_path):
    (out / "report.json").rename(out / os.fsdecode(b"\xff\xfe.json"))
    with desk(out) as address:
        visitor = Visitor(address)
        assert visitor.say(visitor.word("accept", 1, 1)).status_code == 201
    call = tenglu("export", out, "-o", tmp_path / "to")
    assert call.code == 10, call.err
    assert len(list((tmp_path / "to").iterdir())) == 2


def test_counts_are_found_once_and_anew_when_something_changes(out):
    (out / "marks.json").write_text('{"other": 1}')
    with open_log(out) as log:
        results = list(find_results(out).values())
        assert known_counts(results, log) == {}
        counts = {result.name: survey(result, log) for result in results}
        assert counts["marks.json"] is None
        report = counts["report.json"]
        assert (report.source, report.cells, report.asked, report.left) == ("report.png", 42, 4, 4)
        assert set(known_counts(results, log).values()) == {None, report}
    with desk(out) as address:
        visitor = Visitor(address)
        assert visitor.client.get("/").text.count('href="/document/') == 1
        visitor.say(visitor.word("accept", 1, 1))
        assert '<td class="number left">3</td>' in visitor.client.get("/").text
    made = office.document(office.sheet(2), out / "report.png")
    office.put(out, made)
    with open_log(out) as log:
        assert list(known_counts(results, log).values()) == [None]


class TestScan:
    def found(self, out, scans=None):
        [result] = find_results(out).values()
        return find_scan(out, result, read_result(result).source, scans)

    def test_beside_the_result(self, out):
        assert self.found(out) == out / "report.png"

    def test_in_a_folder_that_is_named(self, out, tmp_path):
        (tmp_path / "archive" / "2024").mkdir(parents=True)
        moved = (out / "report.png").rename(tmp_path / "archive" / "2024" / "report.png")
        assert self.found(out) is None
        assert self.found(out, tmp_path / "archive") == moved

    def test_another_file_of_the_name_is_not_taken(self, out):
        Image.new("RGB", (100, 100)).save(out / "report.png")
        assert self.found(out) is None

    def test_where_convert_found_it(self, tmp_path):
        (tmp_path / "in").mkdir()
        scan = card_pdf(tmp_path / "in" / "a.pdf")
        out = tmp_path / "elsewhere" / "out"
        call = tenglu("convert", scan, "-o", out, *replaying(tmp_path), "--jobs", 1)
        assert call.code in {0, 10}, call.err
        assert self.found(out) == scan


class TestConvertedAgain:
    def test_while_the_desk_is_open(self, out):
        with desk(out) as address:
            visitor = Visitor(address)
            visitor.say(visitor.word("edit", 1, 1, text="1.00"), visitor.word("accept", 4, 1))
            rows = office.sheet(12, range(0, 12, 3))
            rows[1][1] = Text("100.50", read="100.58", confidence=0.5)
            made = office.document(rows, out / "again.png")
            source = read_result(next(iter(find_results(out).values()))).source
            office.put(out, made.amended(source=source))
            [conflict] = visitor.state()["conflicts"]
            assert (conflict["who"], conflict["after"]) == ("lin", "1.00")
            assert visitor.cell(1, 1)["text"] == "100.58"
            assert visitor.cell(1, 1)["open"]
            assert not visitor.cell(4, 1)["open"]
            visitor.say(visitor.word("edit", 1, 1, text="1.00"))
            assert visitor.cell(1, 1)["text"] == "1.00"
            assert visitor.state()["conflicts"] == []  # a person has decided again


def two_pages(tmp_path):
    """A table that ends on one page and goes on, with its head again, on the next."""
    out = tmp_path / "out"
    out.mkdir()
    first = office.document(office.sheet(3), out / "a.png")
    second = office.document([office.sheet(1)[0], *office.sheet(2)[1:]], out / "b.png", "t2")
    [table], [page] = second.tables, second.pages
    moved = table.amended(
        pages=(2,), cells=tuple(c.amended(page=2) for c in table.cells), checks=()
    )
    made = first.amended(
        pages=(*first.pages, page.amended(number=2)), tables=(*first.tables, moved)
    )
    office.put(out, recheck(made))
    return out


def shape(visitor, kind, table="t1", **asked):
    visitor.count += 1
    key = f"shape-{visitor.count:06d}"
    return {"on": "shape", "key": key, "kind": kind, "table": table, "asked": asked}


class TestShapes:
    def test_tables_are_joined_over_pages_and_parted(self, tmp_path):
        out = two_pages(tmp_path)
        with desk(out) as address:
            visitor = Visitor(address)
            said = visitor.say(shape(visitor, "join", lower="t2", skip=1))
            assert said.status_code == 201, said.text
            [table] = visitor.state()["tables"]
            assert (table["n_rows"], table["pages"]) == (8, [1, 2])
            assert visitor.cell(5, 0)["page"] == 2
            assert visitor.say(visitor.word("edit", 5, 1, text="9.99")).status_code == 201
            assert visitor.say(shape(visitor, "part", row=5)).status_code == 201
            assert [t["id"] for t in visitor.state()["tables"]] == ["t1", "t1.2"]
            assert visitor.cell(0, 1, "t1.2")["text"] == "9.99"
        call = tenglu("export", out, "--to", "json,md,xlsx,html,csv", "-o", tmp_path / "to")
        assert call.code in {0, 10}, call.err
        document = json.loads((tmp_path / "to" / "report.json").read_text("utf-8"))
        blocks = [b for p in document["pages"] for b in p["blocks"] if b["kind"] == "table"]
        assert [(b["table"], b["rows"]) for b in blocks] == [("t1", [0, 4]), ("t1.2", [0, 2])]
        assert "9.99" in (tmp_path / "to" / "report.t1_2.csv").read_text("utf-8-sig")
        lines = (tmp_path / "to" / "report.origins.csv").read_text("utf-8-sig").splitlines()
        [line] = [line for line in lines if ",reviewer," in line]
        assert line.startswith("t1.2,1,2,2,9.99,reviewer,lin,20")  # where it stands by now
        assert line.endswith(",100.50,edit,")

    def test_an_undone_shape_is_as_before(self, tmp_path):
        out = two_pages(tmp_path)
        with desk(out) as address:
            visitor = Visitor(address)
            before = [(t["id"], t["n_rows"], t["cells"]) for t in visitor.state()["tables"]]
            [number] = visitor.say(shape(visitor, "join", lower="t2", skip=1)).json()["numbers"]
            back = {"on": "undo", "key": "undo-0001", "of": number}
            assert visitor.say(back).status_code == 201
            assert [(t["id"], t["n_rows"], t["cells"]) for t in visitor.state()["tables"]] == before

    def test_rows_cut_by_a_page_break_keep_both_texts(self, tmp_path):
        out = two_pages(tmp_path)
        with desk(out) as address:
            visitor = Visitor(address)
            visitor.say(shape(visitor, "join", lower="t2", skip=1))
            merge = shape(visitor, "merge", top=4, left=0, bottom=5, right=0)
            assert visitor.say(merge).status_code == 201
            cell = visitor.cell(4, 0)
            assert (cell["text"], cell["open"]) == ("合计第1项", True)

    def test_without_a_scan_the_shape_changes_and_the_cell_asks(self, out):
        (out / "report.png").unlink()
        with desk(out) as address:
            visitor = Visitor(address)
            merge = shape(visitor, "merge", top=2, left=0, bottom=3, right=0)
            assert visitor.say(merge).status_code == 201
            assert visitor.cell(2, 0)["open"]

    def test_a_shape_that_no_longer_fits_is_a_conflict(self, out):
        with desk(out) as address:
            visitor = Visitor(address)
            visitor.say(shape(visitor, "delete-line", axis="row", line=2))
        made = read_result(next(iter(find_results(out).values())))
        [table] = made.tables
        fewer = [c for c in table.cells if c.row < 13]
        smaller = table.amended(cells=tuple(fewer), n_rows=13, checks=())
        office.put(out, made.amended(tables=(smaller,)))
        with desk(out) as address:
            visitor = Visitor(address)
            [conflict] = visitor.state()["conflicts"]
            assert conflict["kind"] == "delete-line"
            assert "other rows" in conflict["reason"]
            back = {"on": "undo", "key": "undo-0001", "of": conflict["number"]}
            assert visitor.say(visitor.word("accept", 1, 1)).status_code == 201
            assert visitor.say(back).status_code == 201
            assert visitor.state()["conflicts"] == []


def test_a_doubt_about_a_page_is_settled(out, tmp_path):
    made = read_result(next(iter(find_results(out).values())))
    [page] = made.pages
    flagged = page.amended(flags=(FlagCode.LOW_RESOLUTION,))
    office.put(out, made.amended(pages=(flagged,)))
    with desk(out) as address:
        visitor = Visitor(address)
        seen = {"on": "page", "key": "page-00001", "page": 1, "flag": "low-resolution"}
        assert visitor.say(seen).status_code == 201
        assert visitor.state()["pages"][0]["flags"] == []
    tenglu("export", out, "-o", tmp_path / "to")
    document = json.loads((tmp_path / "to" / "report.json").read_text("utf-8"))
    assert document["pages"][0]["flags"] == []


def test_a_doubt_about_a_table_is_counted_until_it_is_settled(tmp_path):
    out = office.folder(tmp_path, office.sheet(3))
    made = read_result(next(iter(find_results(out).values())))
    doubt = Flag(code=FlagCode.STRUCTURE, message="told from white space", page=1, table="t1")
    office.put(out, made.amended(flags=(*made.flags, doubt)))
    with desk(out) as address:
        visitor = Visitor(address)
        assert "doubts about pages: 1" in visitor.client.get("/").text
        assert tenglu("export", out, "-o", tmp_path / "to").code == 10
        seen = {"on": "page", "key": "page-00001", "page": 1, "flag": "structure"}
        assert visitor.say(seen).status_code == 201
        assert "doubts" not in visitor.client.get("/").text
    assert tenglu("export", out, "-o", tmp_path / "to").code == 0


def test_corrections_are_cases_to_learn_from(out, tmp_path):
    with desk(out) as address:
        visitor = Visitor(address)
        visitor.say(visitor.word("edit", 1, 1, text="1.00"), visitor.word("accept", 4, 1))
        visitor.say(visitor.word("unreadable", 7, 1), visitor.word("comment", 8, 1, why="x"))
    call = tenglu("export", out, "--to", "training", "-o", tmp_path / "to")
    assert call.code == 10, call.err
    cases = reviewed_cases(1, tmp_path / "to" / "report.training.json")
    assert [(case.right, case.filled, case.number) for case in cases] == [
        (False, True, True),
        (True, True, True),
    ]


def test_a_review_of_a_folder_that_cannot_be_written(tmp_path):
    blocked = tmp_path / "out"
    blocked.mkdir()
    (blocked / "review.sqlite").mkdir()
    call = tenglu("review", blocked, "--no-browser")
    assert call.code == 5
    assert "do not remove it" in call.err


@pytest.mark.parametrize("value", ["-1", "70000", "x"])
def test_a_port_that_cannot_be(out, value):
    assert tenglu("review", out, "--no-browser", "--port", value).code == 2
    with pytest.raises(Exception, match="no review"), read_log(out):
        pass
