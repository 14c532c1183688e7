"""The desk in a browser, as a clerk works at it."""

import hashlib
import re
import signal

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

import office
from calls import tenglu_alone
from office import Text, desk, eventually
from seen import read, score
from tenglu.model import Flag, FlagCode
from tenglu.review.core.log import read_log

pytestmark = pytest.mark.slow

N_DOUBTFUL = 50
NEWS = "**/changes?*"
KEPT = "#saving"  # shown while something is not on the server's disk


def enter(page: Page, number: int = 0) -> Page:
    """From the list to a document."""
    page.locator(".documents a").nth(number).click()
    expect(page.locator("body.ready")).to_be_visible()
    return page


def left(page: Page) -> int:
    return int("".join(c for c in page.locator("#left").inner_text() if c.isdigit()))


def kept(page: Page) -> None:
    """Everything that was said lies with the server."""
    expect(page.locator(KEPT)).to_be_hidden()


def in_hand(page: Page) -> str:
    return page.locator("#sheet .current").get_attribute("data-key")


def place(page: Page, row: int, col: int, table: str = "t1"):
    return page.locator(f"#sheet [data-key='{table}/{row}/{col}']")


def said(out) -> list:
    with read_log(out) as log:
        assert log.verify().fault is None
        return [entry.event for entry in log.entries()]


@pytest.fixture
def address(out):
    with desk(out, "--name", "lin") as found:
        yield found


@pytest.fixture
def page(tabs, address) -> Page:
    return enter(tabs.open(address))


class TestKeyboard:
    def test_a_walk_over_fifty_doubtful_cells(self, tabs, tmp_path):
        without_total = office.sheet(N_DOUBTFUL, range(N_DOUBTFUL))[:-1]
        out = office.folder(tmp_path, without_total)
        with desk(out) as address:
            page = enter(tabs.open(address))
            assert left(page) == N_DOUBTFUL
            for i in range(N_DOUBTFUL):
                assert in_hand(page) == f"t1/{i + 1}/1"  # the worst first
                if i % 10 == 3:
                    page.keyboard.press("2")  # the second reading
                elif i % 10 == 7:
                    page.keyboard.press("e")
                    page.keyboard.type(f"{i}.25")
                    page.keyboard.press("Enter")
                else:
                    page.keyboard.press("Enter")
            kept(page)
            assert left(page) == 0
            expect(page.locator("#notice")).to_contain_text("Nothing is left")
        words = said(out)
        assert [(word.row, word.col) for word in words] == [(i + 1, 1) for i in range(N_DOUBTFUL)]
        kinds = [word.kind for word in words]
        assert kinds.count("accept") == 40
        assert words[3].after == "121.60"
        assert words[7].after == "7.25"

    def test_next_previous_and_the_arrows(self, page):
        assert in_hand(page) == "t1/1/1"
        page.keyboard.press("Tab")
        assert in_hand(page) == "t1/4/1"
        page.keyboard.press("Shift+Tab")
        assert in_hand(page) == "t1/1/1"
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowRight")
        assert in_hand(page) == "t1/2/2"

    def test_caps_lock_changes_no_key(self, page, out):
        press = (
            "([key, more]) => document.body.dispatchEvent("
            "new KeyboardEvent('keydown', {key, bubbles: true, ...more}))"
        )
        page.keyboard.press("Enter")
        kept(page)
        page.evaluate(press, ["U", {}])  # as Caps Lock sends u
        expect(page.locator("#left")).to_have_text("4 left")
        page.evaluate(press, ["u", {"shiftKey": True}])  # and Shift+u
        expect(page.locator("#left")).to_have_text("3 left")
        kept(page)
        assert [word.kind for word in said(out)] == ["accept", "undo", "redo"]

    def test_reading_order_and_back(self, page):
        page.keyboard.press("o")
        expect(page.locator("#order")).to_contain_text("Reading order")

    def test_unreadable_wrong_source_and_a_remark(self, page, out):
        page.keyboard.press("c")
        page.keyboard.type("a stamp over it")
        page.keyboard.press("Enter")
        expect(page.locator("#hand .said")).to_contain_text("a stamp over it")
        page.keyboard.press("x")
        page.keyboard.press("w")
        kept(page)
        assert [(word.kind, word.row, word.after, word.why) for word in said(out)] == [
            ("comment", 1, None, "a stamp over it"),
            ("unreadable", 1, "", ""),
            ("source-wrong", 4, "121.50", ""),
        ]
        assert left(page) == 2

    def test_escape_leaves_a_text_as_it_was(self, page, out):
        page.keyboard.press("e")
        page.keyboard.type("999")
        page.keyboard.press("Escape")
        expect(page.locator("#hand .text")).to_have_value("100.50")
        page.keyboard.press("Tab")
        assert in_hand(page) == "t1/4/1"
        assert said(out) == []

    def test_undo_and_redo(self, page, out):
        page.keyboard.press("e")
        page.keyboard.type("1.00")
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        assert left(page) == 2
        page.keyboard.press("u")
        expect(page.locator("#left")).to_have_text("3 left")
        assert in_hand(page) == "t1/4/1"
        page.keyboard.press("Control+z")
        expect(place(page, 1, 1)).to_have_text("100.50")
        assert left(page) == 4
        page.keyboard.press("Shift+U")
        expect(place(page, 1, 1)).to_have_text("1.00")
        kept(page)
        assert [word.kind for word in said(out)] == ["edit", "accept", "undo", "undo", "redo"]

    def test_a_sum_is_worked_out_while_it_is_typed_and_checked_again(self, page):
        place(page, 1, 2).click()
        sums = page.locator("#hand .sums")
        expect(sums).to_contain_text("holds")
        page.keyboard.press("e")
        page.keyboard.type("201.50")
        expect(sums).to_contain_text("off by -1")
        page.keyboard.press("Enter")
        expect(place(page, 1, 2)).to_have_class(re.compile(r"\bopen\b"))

    def test_the_sum_proposes_what_would_mend_it(self, tabs, tmp_path):
        rows = office.sheet(8)
        rows[3][2] = Text("222.50", read="228.50")
        out = office.folder(tmp_path, rows)
        with desk(out) as address:
            page = enter(tabs.open(address))
            place(page, 3, 2).click()
            mending = page.locator("#hand .readings li", has_text="the sum asks for it")
            expect(mending).to_contain_text("222.50")
            page.keyboard.press(mending.get_attribute("data-number"))
            expect(place(page, 3, 2)).to_have_text("222.50")
            expect(page.locator("#left")).to_have_text("0 left")


class TestInputMethod:
    """A Chinese input method is simulated as the browser's own tools do."""

    def test_enter_that_chooses_a_word_does_not_leave_the_field(self, page, out):
        tools = page.context.new_cdp_session(page)
        page.keyboard.press("ArrowLeft")  # a label
        page.keyboard.press("e")
        composed = {"text": "zichan", "selectionStart": 6, "selectionEnd": 6}
        tools.send("Input.imeSetComposition", composed)
        chosen = {"type": "rawKeyDown", "key": "Enter", "windowsVirtualKeyCode": 229}
        tools.send("Input.dispatchKeyEvent", chosen)
        assert page.evaluate("document.activeElement.className") == "text"
        assert said(out) == []
        tools.send("Input.insertText", {"text": "资产"})
        page.keyboard.press("Enter")
        kept(page)
        [word] = said(out)
        assert (word.kind, word.after) == ("edit", "资产")

    def test_wide_digits_and_points_in_a_cell_of_figures(self, page, out):
        page.keyboard.press("e")
        for typed in "１００。6０":
            page.keyboard.insert_text(typed)
        expect(page.locator("#hand .text")).to_have_value("100.60")
        page.keyboard.press("Enter")
        page.keyboard.press("e")
        page.keyboard.insert_text("无，见附注。")  # words are words, also there
        page.keyboard.press("Enter")
        kept(page)
        assert [word.after for word in said(out)] == ["100.60", "无，见附注。"]

    @pytest.mark.parametrize("key", ["Enter", "x", "2", "Tab", "u"])
    def test_keys_of_the_input_method_are_no_commands(self, page, out, key):
        for more in ({"isComposing": True}, {"keyCode": 229}):
            page.evaluate(
                "([key, more]) => document.body.dispatchEvent(new KeyboardEvent('keydown', "
                "{key, bubbles: true, ...more}))",
                [key, more],
            )
        assert in_hand(page) == "t1/1/1"
        kept(page)
        assert said(out) == []


class TestTogether:
    def test_two_tabs_in_conflict(self, tabs, address, out):
        first, second = enter(tabs.open(address)), enter(tabs.open(address))
        second.route(NEWS, lambda route: route.abort())  # it has not looked yet
        first.locator("#who").fill("林")
        first.locator("#who").press("Enter")
        first.keyboard.press("e")
        first.keyboard.type("1.00")
        first.keyboard.press("Enter")
        kept(first)
        second.keyboard.press("e")
        second.keyboard.type("2.00")
        second.unroute(NEWS)
        second.keyboard.press("Enter")
        expect(second.locator("#notice.bad")).to_contain_text("林")
        expect(place(second, 1, 1)).to_have_text("1.00")
        assert in_hand(second) == "t1/1/1"
        assert [word.after for word in said(out)] == ["1.00"]
        second.keyboard.press("e")  # having seen it
        second.keyboard.type("2.00")
        second.keyboard.press("Enter")
        kept(second)
        assert [(word.before, word.after) for word in said(out)][-1] == ("1.00", "2.00")

    def test_what_another_writes_while_one_types_is_not_overwritten(self, tabs, address, out):
        first, second = enter(tabs.open(address)), enter(tabs.open(address))
        second.keyboard.press("e")
        second.keyboard.type("2.00")
        first.locator("#who").fill("林")
        first.locator("#who").press("Enter")
        first.keyboard.press("e")
        first.keyboard.type("1.00")
        first.keyboard.press("Enter")
        expect(place(second, 1, 1)).to_have_text("1.00")  # the second knows it, its field is open
        expect(second.locator("#notice.bad")).to_contain_text("林")
        second.keyboard.press("Enter")
        expect(second.locator("#notice.bad")).to_contain_text("Not saved")
        expect(second.locator("#hand .text")).to_have_value("1.00")
        assert [word.after for word in said(out)] == ["1.00"]
        mine = second.locator("#hand .readings li", has_text="yours, not saved")
        expect(mine).to_contain_text("2.00")  # what was typed is not lost either
        second.keyboard.press(mine.get_attribute("data-number"))
        kept(second)
        assert [word.after for word in said(out)] == ["1.00", "2.00"]

    def test_a_group_is_refused_whole_if_one_of_its_cells_was_changed(self, tabs, tmp_path):
        rows = [[Text("项目"), Text("年初数"), Text("年末数")]]
        rows += [[Text(f"第{i}项"), Text("0.00", confidence=0.4), Text("无")] for i in range(4)]
        out = office.folder(tmp_path, rows)
        with desk(out) as address:
            first, second = enter(tabs.open(address)), enter(tabs.open(address))
            second.route(NEWS, lambda route: route.abort())
            second.keyboard.press("g")
            expect(second.locator("#group figure")).to_have_count(4)
            first.keyboard.press("e")
            first.keyboard.type("5.00")
            first.keyboard.press("Enter")
            kept(first)
            second.unroute(NEWS)
            second.keyboard.press("Enter")
            expect(second.locator("#notice.bad")).to_contain_text("5.00")
            second.keyboard.press("Escape")
            assert left(second) == 3
        assert [word.after for word in said(out)] == ["5.00"]

    def test_what_another_has_settled_is_seen(self, tabs, address):
        first, second = enter(tabs.open(address)), enter(tabs.open(address))
        first.keyboard.press("Enter")
        kept(first)
        expect(second.locator("#left")).to_have_text("3 left")


def test_what_no_longer_fits_is_listed(tabs, out):
    with desk(out) as address:
        page = enter(tabs.open(address))
        page.keyboard.press("Enter")
        kept(page)
    rows = office.sheet(12, range(0, 12, 3))
    rows[1][1] = Text("100.50", read="108.50", confidence=0.3)
    office.put(out, office.document(rows, out / "report.png"))
    with desk(out) as address:
        page = tabs.open(address)
        expect(page.locator(".documents .warn")).to_contain_text("conflicts: 1")
        enter(page)
        page.locator("#conflicts").click()
        expect(page.locator("#conflict-list")).to_contain_text("108.50")
        page.keyboard.press("Escape")
        assert left(page) == 4
        page.locator("#conflicts").click()
        page.get_by_role("button", name="Take back").click()
        expect(page.locator("#conflicts")).to_be_hidden()
        expect(page.locator("#conflict-box")).to_be_hidden()


class TestNothingIsLost:
    def test_reload_in_the_middle(self, page):
        page.keyboard.press("Enter")
        kept(page)
        page.keyboard.press("e")
        page.keyboard.type("half a te")
        page.reload()
        expect(page.locator("body.ready")).to_be_visible()
        assert left(page) == 3
        assert in_hand(page) == "t1/4/1"
        page.keyboard.press("u")  # also what was done before
        expect(page.locator("#left")).to_have_text("4 left")

    def test_a_server_that_is_killed_and_comes_back(self, tabs, out):
        with tenglu_alone("review", out, "--no-browser") as process:
            address = process.stdout.readline().split(" at ")[1].split()[0]
            page = enter(tabs.open(address))
            page.keyboard.press("Enter")
            kept(page)
            process.send_signal(signal.SIGKILL)
            process.wait()
        page.keyboard.press("Enter")
        page.keyboard.press("2")
        expect(page.locator(KEPT)).to_contain_text("does not answer")
        assert left(page) == 1
        port = address.rstrip("/").rpartition(":")[2]
        with desk(out, "--port", port):
            expect(page.locator(KEPT)).to_be_hidden(timeout=30_000)
            page.keyboard.press("Enter")
            kept(page)
        words = said(out)
        assert [(word.row, word.kind) for word in words] == [
            (1, "accept"), (4, "accept"), (7, "edit"), (10, "accept"),
        ]  # fmt: skip

    def test_undo_while_the_server_is_away_takes_nothing_else_back(self, page, out):
        page.keyboard.press("Enter")
        kept(page)
        page.route("**/words", lambda route: route.abort())
        page.keyboard.press("Enter")
        expect(page.locator(KEPT)).to_contain_text("does not answer")
        page.keyboard.press("u")
        expect(page.locator("#notice.bad")).to_contain_text("does not answer")
        page.unroute("**/words")
        kept(page)
        assert [word.kind for word in said(out)] == ["accept", "accept"]
        page.keyboard.press("u")
        expect(page.locator("#left")).to_have_text("3 left")

    def test_two_tabs_of_one_browser_keep_what_they_could_not_send(self, page, out):
        other = page.context.new_page()
        other.goto(page.url)
        expect(other.locator("body.ready")).to_be_visible()
        page.context.route("**/words", lambda route: route.abort())
        page.keyboard.press("Enter")
        other.keyboard.press("Tab")
        other.keyboard.press("Enter")
        for tab in (page, other):
            expect(tab.locator(KEPT)).to_contain_text("does not answer")
            tab.close()  # and what is asked before a tab closes does not hold it
        page.context.unroute("**/words")
        third = page.context.new_page()
        third.goto(page.url)
        expect(third.locator("#left")).to_have_text("2 left")
        kept(third)
        assert sorted(word.row for word in said(out)) == [1, 4]

    def test_a_fault_of_the_server_holds_nothing_up(self, page, out):
        """Only a server that is away, or a full disk, is asked again."""
        page.route("**/words", lambda route: route.fulfill(status=500, body="?"), times=1)
        page.keyboard.press("Enter")
        expect(page.locator("#notice.bad")).to_contain_text("Not saved")
        expect(page.locator("#left")).to_have_text("4 left")
        page.keyboard.press("Enter")
        kept(page)
        assert [word.row for word in said(out)] == [1]


class TestPages:
    """What is doubted of a page or a table as a whole, and pages that hold no table."""

    @pytest.fixture
    def doubted(self, tmp_path):
        out = tmp_path / "out"
        out.mkdir()
        made = office.document(office.sheet(4, (1,)), out / "a.png")
        flag = Flag(code=FlagCode.STRUCTURE, message="told from white space", page=1, table="t1")
        office.put(out, made.amended(flags=(*made.flags, flag)))
        return out

    def test_a_doubt_about_a_table_is_shown_and_settled(self, tabs, doubted):
        with desk(doubted) as address:
            front = tabs.open(address)
            expect(front.locator(".documents .doubt")).to_contain_text("doubts about pages: 1")
            page = enter(front)
            doubt = page.locator("#page-flags li")
            expect(doubt).to_contain_text("the shape of the table is uncertain (公开01表 资产表)")
            expect(doubt).to_have_attribute("title", "told from white space")
            while left(page):
                page.keyboard.press("Enter")
            expect(page.locator("#notice")).to_contain_text("doubts about pages are left (1)")
            page.keyboard.press("d")
            page.keyboard.press("Shift+D")
            expect(doubt).to_have_count(0)
            expect(page.locator("#doubts")).to_be_hidden()
        assert said(doubted)[-1].kind == "page"

    def test_a_document_without_tables_can_be_looked_at(self, tabs, tmp_path):
        out = tmp_path / "out"
        out.mkdir()
        made = office.document(office.sheet(4, (1,)), out / "a.png")
        picture, scan = Image.open(out / "a.png"), out / "a.tif"
        picture.save(scan, save_all=True, append_images=[picture])
        digest = hashlib.sha256(scan.read_bytes()).hexdigest()
        source = made.source.amended(name=scan.name, sha256=digest, n_pages=2)
        [page] = made.pages
        failed = Flag(code=FlagCode.PAGE_FAILED, message="it is damaged", page=2)
        pages = [
            page.amended(blocks=()),
            page.amended(number=2, blocks=(), flags=(failed.code,)),
        ]
        office.put(out, made.amended(source=source, tables=(), pages=pages, flags=(failed,)))
        with desk(out) as address:
            page = enter(tabs.open(address))
            expect(page.locator("#bare")).to_contain_text("No table was found")
            expect(page.locator("#scan .page")).to_have_text("Page 1 of 2")
            eventually(lambda: picture_size(page)[0] > 0, "no picture came")
            for key in (*"e1xwcrbmo", "Enter", "Tab", "ArrowDown", "s", "Escape", "g", "Escape"):
                page.keyboard.press(key)
            page.keyboard.press("d")
            expect(page.locator("#scan .page")).to_have_text("Page 2 of 2")
            expect(page.locator("#page-flags")).to_contain_text("this page failed")
            page.keyboard.press("PageUp")
            expect(page.locator("#scan .page")).to_have_text("Page 1 of 2")
        assert said(out) == []

    def test_the_page_stays_where_the_reviewer_put_it(self, tabs, address):
        page, other = enter(tabs.open(address)), enter(tabs.open(address))
        for _ in range(3):
            page.keyboard.press("+")
        view = page.locator("#scan .view").bounding_box()
        page.mouse.move(view["x"] + 200, view["y"] + 200)
        page.mouse.down()
        page.mouse.move(view["x"] + 120, view["y"] + 90, steps=4)
        page.mouse.up()
        before = page.locator("#scan .paper").bounding_box()
        other.keyboard.press("Tab")
        other.keyboard.press("Enter")
        expect(page.locator("#left")).to_have_text("3 left")
        assert page.locator("#scan .paper").bounding_box() == before


class TestGroups:
    def test_like_readings_are_accepted_together_but_for_the_odd_one(self, tabs, tmp_path):
        rows = [[Text("项目"), Text("年初数"), Text("年末数")]]
        asked = Text("0.00", confidence=0.4)
        rows += [[Text(f"第{i}项"), asked, Text("无")] for i in range(6)]
        rows[4][1] = Text("0.80", read="0.00", confidence=0.4)
        out = office.folder(tmp_path, rows)
        with desk(out) as address:
            page = enter(tabs.open(address))
            page.keyboard.press("g")
            expect(page.locator("#group figure")).to_have_count(6)
            for _ in range(3):
                page.keyboard.press("ArrowRight")
            page.keyboard.press("Space")
            page.keyboard.press("Enter")
            expect(page.locator("#group figure.out")).to_have_count(1)
            page.keyboard.press("Enter")  # once too often: the odd one is not accepted
            page.keyboard.press("Escape")
            kept(page)
            assert left(page) == 1
            assert [word.row for word in said(out)] == [1, 2, 3, 5, 6]
            page.keyboard.press("u")  # all that was accepted together
            expect(page.locator("#left")).to_have_text("6 left")
            page.keyboard.press("Shift+U")
            expect(page.locator("#left")).to_have_text("1 left")
            kept(page)
        assert [word.kind for word in said(out)] == ["accept"] * 5 + ["undo"] * 5 + ["redo"] * 5


def picture_size(page: Page) -> list[int]:
    return page.locator("#scan img").evaluate("image => [image.naturalWidth, image.naturalHeight]")


class TestShape:
    def test_merge_and_split(self, page, out):
        place(page, 2, 1).click()
        page.keyboard.press("Shift+ArrowDown")
        page.keyboard.press("m")
        merged = place(page, 2, 1)
        expect(merged).to_have_attribute("rowspan", "2")
        expect(merged).to_have_text("107.50114.50")  # as it stands on the scan, read again
        page.keyboard.press("s")
        page.get_by_role("button", name="Split merged").click()
        expect(place(page, 3, 1)).to_have_text("114.50")
        expect(place(page, 2, 1)).to_have_text("107.50")
        page.keyboard.press("u")
        expect(merged).to_have_attribute("rowspan", "2")
        kept(page)
        assert [word.kind for word in said(out)] == ["merge", "split", "undo"]

    def test_a_drawn_box_is_read(self, page, out):
        place(page, 1, 0).click()
        page.keyboard.press("b")
        target = page.locator("#scan polygon.open").first.bounding_box()
        page.mouse.move(target["x"] + 2, target["y"] + 2)
        page.mouse.down()
        page.mouse.move(target["x"] + target["width"] - 2, target["y"] + target["height"] - 2)
        page.mouse.up()
        expect(place(page, 1, 0)).to_have_text("100.50")
        assert in_hand(page) == "t1/1/0"
        [word] = said(out)
        assert word.kind == "redraw"

    def test_a_side_is_dragged_on_the_scan(self, page, out):
        place(page, 1, 0).click()
        page.keyboard.press("s")
        edge = page.locator("#scan line.row").bounding_box()
        middle = edge["x"] + edge["width"] / 2, edge["y"] + edge["height"] / 2
        page.mouse.move(*middle)
        page.mouse.down()
        page.mouse.move(middle[0], middle[1] - 8)
        page.mouse.up()
        expect(page.locator("#notice")).to_contain_text("changed")
        [word] = said(out)
        assert word.kind == "boundary"
        assert -0.6 < word.detail["share"] < -0.05
        assert "第1项" in word.after or "100.50" in word.after

    def test_the_cell_in_hand_stays_in_hand_when_its_table_is_parted(self, page):
        place(page, 5, 1).click()
        page.keyboard.press("s")
        page.get_by_role("button", name="Part from here").click()
        expect(page.locator("#tables option")).to_have_count(2)
        assert in_hand(page) == "t1.2/0/1"
        place(page, 0, 0, "t1.2").click()
        page.get_by_role("button", name="Add row below").click()
        expect(page.locator("#sheet tbody tr")).to_have_count(10)
        place(page, 2, 0, "t1.2").click()
        page.keyboard.press("u")
        expect(page.locator("#sheet tbody tr")).to_have_count(9)
        assert in_hand(page) == "t1.2/1/0"  # a row up, as the row above it is gone

    def test_a_change_that_is_refused_says_why_and_nothing_else(self, tabs, address, out):
        page = enter(tabs.open(address, locale="zh-CN"))
        page.keyboard.press("s")
        place(page, 0, 0).click()
        page.get_by_role("button", name="从本行起分表").click()
        expect(page.locator("#notice.bad")).to_have_text("没有保存：不能从第一行起分表")
        assert said(out) == []

    def test_the_bar_from_the_keyboard_alone(self, page, out):
        page.keyboard.press("s")
        for _ in range(8):
            page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")  # "Delete row", of the cell in hand
        expect(page.locator("#sheet tbody tr")).to_have_count(13)
        page.keyboard.press("Escape")
        expect(page.locator("#shape")).to_be_hidden()
        kept(page)
        assert [(word.kind, word.detail["line"]) for word in said(out)] == [("delete-line", 1)]

    def test_escape_leaves_the_drawing_of_a_box(self, page, out):
        page.keyboard.press("b")
        expect(page.locator("#scan.drawing")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#scan.drawing")).to_have_count(0)
        expect(page.locator("#notice")).to_be_hidden()
        assert said(out) == []

    def test_rows_are_added_and_deleted_and_the_header_moved(self, page, out):
        page.keyboard.press("s")
        rows = page.locator("#sheet tbody tr")
        expect(rows).to_have_count(14)
        page.get_by_role("button", name="Delete row").click()
        expect(rows).to_have_count(13)
        page.get_by_role("button", name="Add row below").click()
        expect(rows).to_have_count(14)
        page.get_by_role("button", name="Header to here").click()
        expect(page.locator("#sheet tbody th[data-key='t1/1/0']")).to_be_visible()
        kept(page)
        assert [word.kind for word in said(out)] == ["delete-line", "add-line", "header"]
        for _ in range(3):  # faster than the server answers
            page.keyboard.press("u")
        expect(page.locator("#sheet tbody th[data-key='t1/1/0']")).to_have_count(0)
        expect(place(page, 1, 1)).to_have_text("100.50")
        kept(page)
        assert [word.detail["of"] for word in said(out)[3:]] == [3, 2, 1]

    def test_a_line_between_others_reads_nothing_that_is_theirs(self, page):
        place(page, 2, 1).click()
        page.keyboard.press("s")
        page.get_by_role("button", name="Add row below").click()
        for col in range(3):
            expect(place(page, 3, col)).to_have_text("")
            expect(place(page, 3, col)).to_have_class(re.compile(r"\bopen\b"))  # nobody has read it
        expect(place(page, 4, 1)).to_have_text("114.50")


class TestLooks:
    @pytest.mark.parametrize(("locale", "word"), [("zh-CN", "确认"), ("en-US", "Accept")])
    def test_the_language_of_the_browser(self, tabs, address, locale, word):
        page = enter(tabs.open(address, locale=locale))
        expect(page.locator("[data-action=accept]")).to_contain_text(word)
        expect(page.locator("#hand .reasons")).to_contain_text(
            "识别把握不足" if locale == "zh-CN" else "read with doubt"
        )
        assert "{" not in page.locator("body").inner_text()

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_light_and_dark(self, tabs, address, scheme):
        page = enter(tabs.open(address, color_scheme=scheme))
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        levels = [int(part) for part in colour.strip("rgb()").split(",")]
        assert (max(levels) < 80) == (scheme == "dark")

    @pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
    def test_everything_fits_the_screen(self, tabs, address, locale):
        page = enter(tabs.open(address, locale=locale))
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 1280
        for button in page.locator("header button:visible, #hand button:visible").all():
            box = button.bounding_box()
            assert box["x"] + box["width"] <= 1280
            assert box["y"] + box["height"] <= 720

    def test_the_cell_in_hand_is_outlined_on_the_scan(self, page):
        view = page.locator("#scan .view").bounding_box()
        outlined = page.locator("#scan polygon.current").bounding_box()
        assert view["x"] <= outlined["x"]
        assert outlined["x"] + outlined["width"] <= view["x"] + view["width"]
        assert view["y"] <= outlined["y"]
        width = "document.querySelector('#scan img').naturalWidth"
        eventually(lambda: page.evaluate(width) > 500, "no picture came")

    @pytest.mark.parametrize("rotation", [90, 180, 270])
    def test_a_page_that_was_scanned_sideways_is_shown_upright(self, tabs, tmp_path, rotation):
        out = tmp_path / "out"
        out.mkdir()
        made = office.document(office.sheet(6, (2,)), out / "a.png", rotation=rotation)
        office.put(out, made)
        with desk(out) as address:
            page = enter(tabs.open(address))
            place(page, 0, 0).click()
            first = page.locator("#scan polygon.current").bounding_box()
            assert first["width"] > 2 * first["height"]
            place(page, 1, 1).click()
            second = page.locator("#scan polygon.current").bounding_box()
            page.locator("#scan img").wait_for()
            eventually(lambda: picture_size(page)[0] > 0, "no picture came")
            width, height = picture_size(page)
            shown = page.locator("#scan .paper")
            assert shown.evaluate("paper => [paper.offsetWidth, paper.offsetHeight]") == [
                width,
                height,
            ]
            crop = page.locator("#hand .crop")
            eventually(lambda: crop.evaluate("image => image.naturalWidth") > 0, "no crop came")
            assert crop.evaluate("image => image.naturalWidth / image.naturalHeight") > 2
            page.keyboard.press("r")  # what the engine reads there shows that it is upright
            expect(page.locator("#notice")).to_contain_text("100.50")
            assert second["width"] > 2 * second["height"]

    def test_original_and_cleaned(self, page):
        page.keyboard.press("t")
        expect(page.locator("#scan .look")).to_have_text("Cleaned")
        eventually(
            lambda: page.evaluate("document.querySelector('#scan img').complete"), "no picture came"
        )

    def test_witnesses_and_sums_are_called_in_words(self, tabs, tmp_path):
        out = tmp_path / "out"
        out.mkdir()
        made = office.document(office.sheet(4, (1,)), out / "a.png")
        [table] = made.tables
        more = [read(r, 0.5, r, name=office.WITNESS) for r in ("rereading", "original")]
        more += [score(source, 0.3) for source in ("borders", "border-left")]
        cells = tuple(
            cell.amended(evidence=(*cell.evidence[1:], *more)) if cell.needs_review else cell
            for cell in table.cells
        )
        office.put(out, made.amended(tables=(table.amended(cells=cells),)))
        with desk(out) as address:
            page = enter(tabs.open(address, locale="zh-CN"))
            expect(page.locator("#hand .readings")).to_contain_text("重识别")
            expect(page.locator("#hand .reasons")).to_contain_text("边线 30.0%")
            assert office.WITNESS not in page.locator("#hand").inner_text()
            place(page, 5, 2).click()
            expect(page.locator("#hand .sums")).to_contain_text("纵向合计")

    def test_in_a_long_text_a_letter_is_changed(self, tabs, tmp_path):
        rows = office.sheet(4)
        long = "家庭主要劳动力因工伤残，子女上学费用较高，生活困难，特申请救肋"
        rows[1][0] = Text("长", read=long, confidence=0.2)
        out = office.folder(tmp_path, rows)
        with desk(out) as address:
            page = enter(tabs.open(address))
            page.keyboard.press("e")
            page.keyboard.press("Backspace")
            page.keyboard.insert_text("助")
            page.keyboard.press("Enter")
            kept(page)
        assert [word.after for word in said(out)] == [long[:-1] + "助"]

    def test_texts_are_text(self, tabs, tmp_path):
        evil = "<img src=x onerror=alert(1)>"
        rows = office.sheet(4)
        rows[1][1] = Text("1", read=evil, confidence=0.1, second="<script>alert(2)</script>")
        out = office.folder(tmp_path, rows)
        with desk(out) as address:
            page = enter(tabs.open(address))
            shown = []
            page.on("dialog", lambda dialog: (shown.append(dialog.message), dialog.dismiss()))
            expect(place(page, 1, 1)).to_have_text(evil)
            expect(page.locator("#hand .readings")).to_contain_text("<script>alert(2)</script>")
            page.keyboard.press("g")
            expect(page.locator("#group figcaption").first).to_have_text(evil)
            assert shown == []


def test_a_sample_tells_what_the_rest_can_hold(tabs, tmp_path):
    out = office.folder(tmp_path, office.sheet(20))
    with desk(out, "--sample", "12") as address:
        page = tabs.open(address)
        expect(page.locator(".sample")).to_contain_text("0 of 12 cells checked")
        page.locator(".sample a").click()
        expect(page.locator("body.ready")).to_be_visible()
        assert left(page) == 12
        for _ in range(12):
            page.keyboard.press("Enter")
        kept(page)
        page.goto(address)
        expect(page.locator(".sample")).to_contain_text("12 of 12 cells checked, 0 of them wrong")
        expect(page.locator(".sample")).to_contain_text("at most")
