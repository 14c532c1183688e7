"""The desk over HTTP: what is written, what is refused, and what many at once leave behind."""

import os
import signal
import socket
import sqlite3
import threading

import httpx
import pytest

import office
from calls import tenglu, tenglu_alone
from office import Visitor, desk
from tenglu.export.canonical import load
from tenglu.review.core.log import FILE, read_log


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One desk for tests that change nothing."""
    out = office.folder(tmp_path_factory.mktemp("shared"))
    with desk(out) as address:
        yield out, address


@pytest.fixture
def visitor(shared):
    return Visitor(shared[1])


@pytest.fixture
def unchanged(shared):
    """Nothing was written, whatever was asked."""
    before = entries(shared[0])
    yield
    assert entries(shared[0]) == before


def entries(out):
    with read_log(out) as log:
        verified = log.verify()
        assert verified.fault is None
        return log.entries()


class TestSaying:
    def test_a_correction_is_written_with_who_when_before_and_after(self, out):
        with desk(out) as address:
            visitor = Visitor(address)
            answer = visitor.say(visitor.word("edit", 1, 1, text="100.60", why="看过"), who="林")
            assert answer.status_code == 201
            cell = visitor.cell(1, 1)
        assert (cell["text"], cell["settled"]["who"]) == ("100.60", "林")
        [entry] = entries(out)
        said = entry.event
        assert (said.who, said.before, said.after, said.why) == ("林", "100.50", "100.60", "看过")
        assert entry.at.startswith("20")

    def test_it_is_there_again_after_a_new_start(self, out):
        with desk(out) as address:
            visitor = Visitor(address)
            visitor.say(visitor.word("accept", 1, 1))
        with desk(out) as address:
            assert not Visitor(address).cell(1, 1)["open"]

    def test_only_what_is_new_is_told(self, out):
        with desk(out) as address:
            visitor = Visitor(address)
            tick = visitor.state()["tick"]
            visitor.say(visitor.word("comment", 1, 0, why="x"))
            news = visitor.client.get(f"{visitor.path}/changes?since={tick}").json()
            [part] = news["changed"]
            assert [(c["row"], c["col"]) for c in part["changed"]] == [(1, 0)]

    def test_who_knew_an_earlier_server_is_told_everything(self, out):
        with desk(out) as address:
            visitor = Visitor(address)
            tick = visitor.state()["tick"]
        with desk(out) as address:
            visitor = Visitor(address)
            for row in (1, 4):
                visitor.say(visitor.word("accept", row, 1))
            visitor.state()
            visitor.say(visitor.word("accept", 7, 1))
            news = visitor.client.get(f"{visitor.path}/changes?since={tick}").json()
            assert len(news["tables"][0]["cells"]) == 42
            for since in ("0", "-1", "99999999999999999"):
                assert (
                    "tables" in visitor.client.get(f"{visitor.path}/changes?since={since}").json()
                )
            assert visitor.client.get(f"{visitor.path}/changes?since=x").status_code == 400

    def test_two_who_change_one_cell_do_not_overwrite_each_other_unseen(self, out):
        with desk(out) as address:
            first, second = Visitor(address), Visitor(address)
            assert (
                first.say(first.word("edit", 1, 1, text="1"), seen=0, who="林").status_code == 201
            )
            late = second.say(second.word("edit", 1, 1, text="2"), seen=0, who="王")
            assert late.status_code == 409
            assert late.json()["newer"] == [{"who": "林", "after": "1"}]
            assert second.cell(1, 1)["text"] == "1"
            assert second.say(second.word("edit", 1, 1, text="2"), who="王").status_code == 201

    def test_what_is_sent_twice_is_written_once(self, out):
        """The answer got lost, say: the browser cannot know, and sends it again."""
        with desk(out) as address:
            visitor = Visitor(address)
            words = [visitor.word("edit", 1, 1, text="1"), visitor.word("accept", 4, 1)]
            first = visitor.say(*words, seen=0)
            assert visitor.say(*words, seen=0).json() == first.json()
            [number] = visitor.say(visitor.word("edit", 1, 1, text="2")).json()["numbers"]
            back = {"on": "undo", "key": "undo-0001", "of": number}
            taken = visitor.say(back)
            again = visitor.say(back)
            assert (again.status_code, again.json()) == (201, taken.json())
            assert visitor.cell(1, 1)["text"] == "1"
        assert len(entries(out)) == 4

    def test_a_key_that_stands_for_something_else_is_told(self, out):
        with desk(out) as address:
            visitor = Visitor(address)
            first = visitor.word("accept", 1, 1)
            assert visitor.say(first).status_code == 201
            other = visitor.word("unreadable", 4, 1) | {"key": first["key"]}
            assert visitor.say(other).status_code == 422
            assert visitor.say(first, visitor.word("accept", 4, 1)).status_code == 422
            assert visitor.cell(4, 1)["open"]

    def test_figures_of_a_shape_are_kept_as_figures(self, out):
        with desk(out) as address:
            visitor = Visitor(address)
            asked = {"axis": "row", "line": "2", "share": None}
            word = {"on": "shape", "key": "shape-0001", "kind": "add-line", "table": "t1"}
            assert visitor.say(word | {"asked": asked}).status_code == 201
            assert visitor.state()["tables"][0]["n_rows"] == 15
        assert entries(out)[0].event.detail["line"] == 2

    def test_undo_is_an_entry_too(self, out):
        with desk(out) as address:
            visitor = Visitor(address)
            [number] = visitor.say(visitor.word("edit", 1, 1, text="1")).json()["numbers"]
            back = {"on": "undo", "key": "undo-0001", "of": number}
            assert visitor.say(back).status_code == 201
            assert visitor.cell(1, 1)["text"] == "100.50"
            assert visitor.say({**back, "key": "undo-0002"}).status_code == 404
            again = {"on": "redo", "key": "redo-0001", "of": number}
            assert visitor.say(again).status_code == 201
            assert visitor.cell(1, 1)["text"] == "1"
        assert [entry.event.kind for entry in entries(out)] == ["edit", "undo", "redo"]

    def test_what_later_words_stand_on_is_not_taken_back(self, out):
        with desk(out) as address:
            visitor = Visitor(address)
            [number] = visitor.say(visitor.word("edit", 1, 1, text="1")).json()["numbers"]
            visitor.say(visitor.word("edit", 1, 1, text="2"))
            refused = visitor.say({"on": "undo", "key": "undo-0001", "of": number})
            assert refused.status_code == 422
            assert visitor.cell(1, 1)["text"] == "2"


def test_pictures_of_pages_and_cells(visitor):
    for look in ("scan", "clean"):
        page = visitor.client.get(f"{visitor.path}/pages/1/{look}")
        assert page.headers["content-type"] == "image/jpeg"
        assert page.content.startswith(b"\xff\xd8")
    crop = visitor.client.get(f"{visitor.path}/crops/t1/1/1")
    assert crop.content.startswith(b"\xff\xd8")
    assert len(crop.content) < len(page.content)


def test_a_scan_that_is_gone_is_said(tmp_path):
    out = office.folder(tmp_path)
    (out / "report.png").unlink()
    with desk(out) as address:
        visitor = Visitor(address)
        gone = visitor.client.get(f"{visitor.path}/pages/1/scan")
        assert gone.status_code == 404
        assert "--scans" in gone.json()["error"]
        assert visitor.say(visitor.word("accept", 1, 1)).status_code == 201


@pytest.mark.usefixtures("unchanged")
class TestHostile:
    def test_every_answer_says_what_a_browser_may_do(self, visitor):
        for path in ("/", "/static/main.js", visitor.path, "/nothing"):
            headers = visitor.client.get(path).headers
            policy = headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert headers["x-content-type-options"] == "nosniff"

    def test_the_session_is_strict_and_out_of_reach_of_scripts(self, shared):
        cookie = httpx.get(shared[1]).headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie

    @pytest.mark.parametrize(
        "path",
        [
            "/static/../app.py",
            "/static/%2e%2e/app.py",
            "/static/..%2f..%2fapp.py",
            "/static//etc/passwd",
            "/document/../../etc/passwd",
            "/document/..%2f..%2freport",
            "/api/documents/..%2freport.json",
            "/api/documents/report.json",
        ],
    )
    def test_no_path_leads_out(self, visitor, path):
        answer = visitor.client.get(path)
        assert answer.status_code == 404
        assert "root:" not in answer.text
        assert "import" not in answer.text

    def test_table_names_lead_nowhere(self, visitor):
        for name in ("..%2f..%2fetc", "t1'%20OR%201=1--", "__class__"):
            assert visitor.client.get(f"{visitor.path}/crops/{name}/1/1").status_code == 404

    @pytest.mark.parametrize(
        "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "", "http://[", "//"]
    )
    def test_a_foreign_page_cannot_write(self, visitor, origin):
        body = {"who": "x", "seen": 0, "words": [visitor.word("accept", 1, 1)]}
        assert visitor.post(body, Origin=origin).status_code == 403

    def test_a_write_without_origin(self, visitor):
        body = {"who": "x", "seen": 0, "words": [visitor.word("accept", 1, 1)]}
        answer = visitor.client.post(
            f"{visitor.path}/words", json=body, headers={"X-CSRF": visitor.csrf}
        )
        assert answer.status_code == 403

    @pytest.mark.parametrize("csrf", ["", "guess", "é".encode()])
    def test_a_write_without_its_token(self, visitor, csrf):
        body = {"who": "x", "seen": 0, "words": [visitor.word("accept", 1, 1)]}
        assert visitor.post(body, **{"X-CSRF": csrf}).status_code == 403

    def test_without_a_session_nothing_is_shown_or_written(self, visitor):
        address = visitor.address + visitor.path
        assert httpx.get(address).status_code == 401
        body = {"who": "x", "seen": 0, "words": [visitor.word("accept", 1, 1)]}
        headers = {"Origin": visitor.address, "X-CSRF": visitor.csrf}
        assert httpx.post(f"{address}/words", json=body, headers=headers).status_code == 401

    @pytest.mark.parametrize(
        "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "[bad", "[::1", ""]
    )
    def test_another_name_for_this_machine(self, shared, host):
        assert httpx.get(shared[1], headers={"Host": host}).status_code == 403

    def test_too_large(self, visitor):
        words = [visitor.word("edit", 1, 1, text="x" * 600_000)]
        assert visitor.post({"who": "x", "seen": 0, "words": words}).status_code == 413

    def test_too_large_in_pieces(self, visitor):
        headers = {
            "Origin": visitor.address, "X-CSRF": visitor.csrf, "Content-Type": "application/json",
        }  # fmt: skip
        pieces = (b"x" * 65536 for _ in range(12))
        answer = visitor.client.post(f"{visitor.path}/words", content=pieces, headers=headers)
        assert answer.status_code == 413

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (b"", 400),
            (b"{", 400),
            (b"\xff\xfe", 400),
            (b"[" * 100_000, 400),
            (b"[]", 422),
            (b'{"who": "x", "seen": 0, "words": []}', 422),
            (b'{"who": "x", "seen": -1, "words": [1]}', 422),
            (b'{"who": "", "seen": 0, "words": [{}]}', 422),
            (b'{"who": "x", "seen": 0, "words": [{"on": "drop"}]}', 422),
        ],
    )
    def test_malformed(self, visitor, body, code):
        headers = {
            "Origin": visitor.address, "X-CSRF": visitor.csrf, "Content-Type": "application/json",
        }  # fmt: skip
        answer = visitor.client.post(f"{visitor.path}/words", content=body, headers=headers)
        assert answer.status_code == code

    def test_no_json(self, visitor):
        headers = {"Origin": visitor.address, "X-CSRF": visitor.csrf}
        answer = visitor.client.post(f"{visitor.path}/words", data={"a": "b"}, headers=headers)
        assert answer.status_code == 415

    @pytest.mark.parametrize(
        ("row", "col", "table"),
        [(99, 0, "t1"), (1, 99, "t1"), (1, 1, "t9"), (1, 1, "'; DROP TABLE entry; --")],
    )
    def test_a_cell_that_is_not_there(self, visitor, row, col, table):
        word = visitor.word("accept", row, col) | {"table": table}
        assert visitor.say(word).status_code == 404

    def test_a_batch_with_one_wrong_cell_is_refused_whole(self, visitor):
        words = [visitor.word("accept", 1, 1), visitor.word("accept", 99, 1)]
        assert visitor.say(*words).status_code == 404

    @pytest.mark.parametrize(
        "asked",
        [
            {},
            {"axis": "diagonal", "line": 1, "share": 0.5},
            {"axis": "row", "line": 10**9, "share": 0.5},
            {"axis": "row", "line": "1; DROP TABLE entry", "share": None},
            {"axis": "row", "line": 1, "share": 7},
            {"axis": "row", "line": 1, "share": [1]},
            {"axis": "row", "line": 1, "share": None, "more": 1},
        ],
    )
    def test_a_shape_that_cannot_be(self, visitor, asked):
        word = {
            "on": "shape",
            "key": "shape-0001",
            "kind": "add-line",
            "table": "t1",
            "asked": asked,
        }
        assert visitor.say(word).status_code == 422

    @pytest.mark.parametrize(
        "polygon",
        [
            [[0, 0], [1e9, 0], [1e9, 1e9], [0, 1e9]],
            [[0, 0], [1e308, 0], [1e308, 1e308], [0, 1e308]],
            [[-900, -900], [-800, -900], [-800, -850], [-900, -850]],
            [[5, 5], [5, 5], [5, 5], [5, 5]],
            [[5, 5], [100, 100], [100, 5], [5, 100]],
            [[5, 5], [100, 5], [100, 100]],
        ],
    )
    def test_a_box_that_is_none(self, visitor, polygon):
        assert visitor.post({"page": 1, "polygon": polygon}, "/read").status_code == 422
        asked = {"row": 1, "col": 1, "polygon": polygon}
        word = {"on": "shape", "key": "redraw-001", "kind": "redraw", "table": "t1", "asked": asked}
        assert visitor.say(word).status_code == 422

    def test_a_page_that_is_not_there(self, visitor):
        box = [[0, 0], [9, 0], [9, 9], [0, 9]]
        assert visitor.post({"page": 7, "polygon": box}, "/read").status_code == 404
        assert visitor.client.get(f"{visitor.path}/pages/7/scan").status_code == 404

    @pytest.mark.parametrize("page", [1, 7])
    def test_a_doubt_that_nobody_has(self, visitor, page):
        seen = {"on": "page", "key": "page-00001", "page": page, "flag": "orientation"}
        assert visitor.say(seen).status_code == 404

    def test_numbers_that_no_database_holds(self, visitor):
        assert visitor.say(visitor.word("accept", 1, 1), seen=10**30).status_code == 422
        back = {"on": "undo", "key": "undo-00001", "of": 10**30}
        assert visitor.say(back).status_code == 422

    def test_an_edit_without_a_text_does_not_blank_the_cell(self, visitor):
        assert visitor.say(visitor.word("edit", 1, 1)).status_code == 422

    def test_two_words_with_one_key(self, visitor):
        words = [visitor.word("accept", row, 1) | {"key": "one-key-001"} for row in (1, 4)]
        assert visitor.say(*words).status_code == 422

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
    def test_other_methods(self, visitor, method):
        headers = {
            "Origin": visitor.address, "X-CSRF": visitor.csrf, "Content-Type": "application/json",
        }  # fmt: skip
        answer = visitor.client.request(method, f"{visitor.path}/words", headers=headers)
        assert answer.status_code == 405


def test_sql_and_markup_are_text(out):
    texts = [
        "'); DROP TABLE entry; --",
        "<script>alert(1)</script>",
        "${7*7}{{7*7}}",
        "\u202e\u0000x",
    ]
    with desk(out) as address:
        visitor = Visitor(address)
        for text in texts:
            assert visitor.say(visitor.word("edit", 1, 1, text=text, why=text)).status_code == 201
            assert visitor.cell(1, 1)["text"] == text
    assert [entry.event.after for entry in entries(out)] == texts


class TestToken:
    def test_another_address_asks_for_a_token(self, out):
        with desk(out, "--host", "0.0.0.0") as address:  # noqa: S104 - what is tested
            local = address.replace("0.0.0.0", "127.0.0.1")  # noqa: S104
            assert "?token=" in local
            bare = local.partition("?")[0]
            shut = httpx.get(bare)
            assert shut.status_code == 401
            assert "report" not in shut.text
            assert httpx.get(f"{bare}session").status_code == 401
            assert httpx.get(f"{bare}?token=guess").status_code == 401
            let_in = httpx.get(local)
            assert let_in.status_code == 303
            assert "token" not in let_in.headers["location"]
            with httpx.Client(base_url=bare) as client:
                client.get(local)
                assert "report" in client.get("/").text

    def test_a_token_of_ones_own_on_this_machine(self, out):
        with desk(out, "--token", "开门") as address:
            bare = address.partition("?")[0]
            assert httpx.get(bare).status_code == 401
            assert httpx.get(bare, params={"token": "开门"}).status_code == 303

    def test_the_address_that_is_printed_lets_in_whatever_the_token_is(self, out):
        with desk(out, "--token", "a&b#c %2f+门") as address:
            assert httpx.get(address).status_code == 303


N_CLIENTS, N_EACH = 20, 200


def test_twenty_clients_at_once_each_word_once_and_in_order(tmp_path):
    out = office.folder(tmp_path, office.sheet(N_CLIENTS))
    refused = []

    def work(address: str, name: int) -> None:
        visitor = Visitor(address)
        number = 0
        for i in range(N_EACH):
            word = visitor.word("edit", name + 1, 1, text=f"{name}.{i:03d}")
            answer = visitor.say(word, seen=number, who=f"client {name}")
            if answer.status_code != 201:
                refused.append(answer.text)
                return
            [number] = answer.json()["numbers"]

    with desk(out) as address:
        threads = [threading.Thread(target=work, args=(address, n)) for n in range(N_CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        texts = {
            (c["row"], c["text"])
            for c in Visitor(address).state()["tables"][0]["cells"]
            if c["col"] == 1
        }
    assert refused == []
    written = entries(out)
    assert [entry.number for entry in written] == list(range(1, N_CLIENTS * N_EACH + 1))
    for name in range(N_CLIENTS):
        own = [entry.event.after for entry in written if entry.event.who == f"client {name}"]
        assert own == [f"{name}.{i:03d}" for i in range(N_EACH)]
        assert (name + 1, f"{name}.{N_EACH - 1:03d}") in texts


@pytest.mark.skipif(os.name != "posix", reason="kills")
def test_a_server_that_is_killed_while_it_writes_loses_nothing_it_acknowledged(out):
    acknowledged = []
    with tenglu_alone("review", out, "--no-browser") as process:
        address = process.stdout.readline().split(" at ")[1].split()[0]
        visitor = Visitor(address)
        killer = threading.Timer(0.3, process.send_signal, [signal.SIGKILL])
        try:
            for i in range(100_000):
                if i == 5:
                    killer.start()
                word = visitor.word("edit", 1, 1, text=str(i))
                answer = visitor.say(word, seen=len(acknowledged))
                assert answer.status_code == 201
                acknowledged.append(str(i))
        except httpx.TransportError:
            office.close_clients()
    after = [entry.event.after for entry in entries(out)]
    assert len(acknowledged) > 1
    assert after[: len(acknowledged)] == acknowledged
    assert len(after) <= len(acknowledged) + 1  # one may lie on the disk without an answer
    with desk(out) as address:
        assert Visitor(address).cell(1, 1)["text"] == after[-1]


class TestCommands:
    @pytest.fixture
    def reviewed(self, out):
        with desk(out) as address:
            visitor = Visitor(address)
            visitor.say(visitor.word("edit", 1, 1, text="100.60", why="看过"), who="林")
            visitor.say(visitor.word("accept", 4, 1), who="林")
        return out

    def test_export_writes_the_reviewed_state_with_origins(self, reviewed, tmp_path):
        target = tmp_path / "to"
        before = (reviewed / "report.json").read_bytes()
        call = tenglu("export", reviewed, "--to", "json,xlsx,csv,html,md", "-o", target)
        assert call.code == 10, call.err  # two doubtful cells are left
        assert "2 entries" in call.out
        names = {path.name for path in target.iterdir()}
        assert {"report.json", "report.xlsx", "report.t1.csv", "report.html", "report.md"} <= names
        assert "100.60" in (target / "report.t1.csv").read_text("utf-8-sig")
        [table] = load((target / "report.json").read_bytes()).tables
        settled = [c for c in table.cells if c.decided_by == "reviewer"]
        assert {c.evidence[-1].name for c in settled} == {"林"}
        assert len(settled) == 2
        assert "来源：人工核对（林）" in (target / "report.html").read_text("utf-8")
        origins = (target / "report.origins.csv").read_text("utf-8-sig").splitlines()
        [line] = [line for line in origins if line.startswith("t1,2,2,")]
        assert "100.60,reviewer,林," in line
        assert line.endswith(",100.50,edit,看过")
        assert any(",machine," in line for line in origins)
        assert (reviewed / "report.json").read_bytes() == before

    def test_export_never_writes_among_the_results(self, reviewed):
        assert tenglu("export", reviewed, "-o", reviewed / "below").code == 2

    def test_export_of_a_folder_without_review(self, tmp_path):
        call = tenglu("export", tmp_path)
        assert call.code == 5
        assert "no review" in call.err

    def test_audit_lists_every_change(self, reviewed):
        call = tenglu("audit", reviewed)
        assert call.code == 0
        first, second, last = call.summaries
        assert "林: edit report.json t1 row 2 column 2 '100.50' -> '100.60' (看过)" in first
        assert "accept" in second
        head = last.rpartition(" ")[2]
        assert "the chain is whole" in last
        assert tenglu("audit", reviewed, "--head", head).code == 0
        assert tenglu("audit", reviewed, "--head", "0" * 63 + "1").code == 3

    def test_a_remark_draws_no_lines_of_its_own_in_the_audit(self, out):
        with desk(out) as address:
            visitor = Visitor(address)
            why = "x)\n2 2026-01-01 boss: accept report.json\x1b[2J \u202e"
            visitor.say(visitor.word("comment", 1, 1, why=why))
        call = tenglu("audit", out)
        assert len(call.summaries) == 2
        assert "\x1b" not in call.out
        assert "\u202e" not in call.out

    def test_audit_finds_a_change(self, reviewed):
        connection = sqlite3.connect(reviewed / FILE)
        connection.executescript("DROP TRIGGER entry_stays; UPDATE entry SET after = '9'")
        connection.close()
        call = tenglu("audit", reviewed)
        assert call.code == 3
        assert "entry 1 is not as it was written" in call.err


class TestDoor:
    def test_a_folder_has_the_same_address_each_time(self, out):
        with desk(out) as first, desk(out) as second:  # taken: any other
            assert second != first
            for address in (first, second):
                assert Visitor(address).state()["number"] == 0
        with desk(out) as again:
            assert again == first
            assert Visitor(again).state()["number"] == 0

    def test_a_port_that_is_taken(self, shared):
        port = shared[1].rstrip("/").rpartition(":")[2]
        with tenglu_alone("review", shared[0], "--no-browser", "--port", port) as process:
            assert process.wait(60) == 5
            assert "--port" in process.stderr.read()

    def test_no_folder(self, tmp_path):
        assert tenglu("review", tmp_path / "none", "--no-browser").code == 3


def test_ctrl_c_ends_it_in_silence_while_a_request_is_under_way(out):
    with desk(out) as address:
        visitor = Visitor(address)
        host, port = address.removeprefix("http://").strip("/").split(":")
        head = {
            "Host": f"{host}:{port}",
            "Origin": visitor.address,
            "X-CSRF": visitor.csrf,
            "Content-Type": "application/json",
            "Content-Length": "100",
            "Cookie": "; ".join(f"{k}={v}" for k, v in visitor.client.cookies.items()),
        }
        lines = [f"POST {visitor.path}/words HTTP/1.1", *(f"{k}: {v}" for k, v in head.items())]
        waiting = socket.create_connection((host, int(port)))
        waiting.sendall("\r\n".join([*lines, "", '{"who": "lin"']).encode())  # the rest never comes
        assert visitor.state()["number"] == 0
    waiting.close()
