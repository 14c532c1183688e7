from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls import card_pdf
from tenglu.jobs.inputs import (
    Input,
    PagesError,
    Skipped,
    Unreadable,
    find_inputs,
    parse_pages,
    select_pages,
)
from tenglu.jobs.output_paths import plan_targets

names = st.sampled_from(["a", "A", "b", "a.pdf", "a (2)", "决算", "ａ", "north_a", "out"])
suffixes = st.sampled_from([".pdf", ".PDF", ".png", ".json", ".csv", ""])
files = st.builds(
    lambda folder, name, suffix: Path(folder, name + suffix),
    st.sampled_from(["", "north", "south", "deep/north", "out"]),
    names,
    suffixes,
)


def stems(paths: list[str], out: Path) -> list[str]:
    inputs = [(Path(path), Path()) for path in paths]
    return [target.stem for target in plan_targets(inputs, out, ["json"])]


class TestNames:
    def test_a_name_of_its_own_is_the_stem(self, tmp_path):
        assert stems(["x/2024.决算.pdf", "b.tif"], tmp_path) == ["2024.决算", "b"]

    def test_like_names_are_told_apart_by_what_makes_them_differ(self, tmp_path):
        assert stems(["a.pdf", "x/a.png"], tmp_path) == ["a.pdf", "a.png"]
        assert stems(["x/a.pdf", "y/a.pdf", "b.pdf"], tmp_path) == ["x_a.pdf", "y_a.pdf", "b"]
        longer = stems(["/1/x/a.pdf", "/2/x/a.pdf"], tmp_path)
        assert longer == ["1_x_a.pdf", "2_x_a.pdf"]

    def test_names_that_differ_only_in_case_are_alike(self, tmp_path):
        assert stems(["A.pdf", "a.png"], tmp_path) == ["A.pdf", "a.png"]

    def test_they_do_not_depend_on_the_order(self, tmp_path):
        paths = ["a.pdf", "x/a.png", "y/a.png", "b.pdf"]
        there = dict(zip(paths, stems(paths, tmp_path), strict=True))
        back = dict(zip(paths[::-1], stems(paths[::-1], tmp_path), strict=True))
        assert there == back

    @settings(
        max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(paths=st.lists(files, unique=True, max_size=9), mirrored=st.booleans())
    def test_no_result_hits_another_or_an_input(self, tmp_path, paths, mirrored):
        out = tmp_path / "out"
        inputs = [(tmp_path / path, path.parent if mirrored else Path()) for path in paths]
        targets = plan_targets(inputs, out, ["json", "csv"])
        written = [target.folder / f"{target.stem}.json" for target in targets]
        assert len({str(path).casefold() for path in written}) == len(paths)
        assert not {path for path, _ in inputs} & set(written)
        assert all(out in (target.folder, *target.folder.parents) for target in targets)


class TestFolders:
    def test_search(self, tmp_path):
        top, out = tmp_path / "scans", tmp_path / "scans" / "out"
        for folder in ("", "deep/er", ".hidden", "out"):
            (top / folder).mkdir(parents=True, exist_ok=True)
            card_pdf(top / folder / "b.doc")
        card_pdf(top / ".secret.pdf")
        (top / "notes.txt").write_text("no document")
        (top / "gone").symlink_to(top / "nowhere")
        (top / "deep" / "loop").symlink_to(top)
        (top / "linked").symlink_to(top / "deep" / "er")
        found = find_inputs([top], out)
        inputs = [item for item in found if isinstance(item, Input)]
        assert [(item.path, item.folder) for item in inputs] == [
            (top / "b.doc", Path()),
            (top / "deep" / "er" / "b.doc", Path("deep/er")),
        ]
        [skipped] = [item for item in found if isinstance(item, Skipped)]
        assert skipped.files == (top / "gone", top / "notes.txt")
        assert len(found) == 3

    def test_what_is_called_a_document_is_never_skipped(self, tmp_path):
        (tmp_path / "text.PDF").write_text("no document")
        (tmp_path / "gone.pdf").symlink_to(tmp_path / "nowhere")
        (tmp_path / "empty.tif").touch()
        found = find_inputs([tmp_path], tmp_path / "out")
        assert all(isinstance(item, Unreadable) for item in found)
        reasons = {item.path.name: str(item.error) for item in found}
        assert "whatever its name says" in reasons.pop("text.PDF")
        assert "does not exist" in reasons.pop("gone.pdf")
        assert "is empty" in reasons.pop("empty.tif")
        assert not reasons

    def test_results_may_go_where_the_inputs_are(self, tmp_path):
        card_pdf(tmp_path / "a.pdf")
        assert find_inputs([tmp_path], tmp_path) == [Input(tmp_path / "a.pdf")]

    def test_a_file_named_twice_is_taken_once(self, tmp_path):
        path = card_pdf(tmp_path / "a.pdf")
        (tmp_path / "link.pdf").symlink_to(path)
        found = find_inputs([path, tmp_path, tmp_path / "link.pdf"], tmp_path / "out")
        assert found == [Input(path)]

    def test_a_folder_without_documents(self, tmp_path):
        [item] = find_inputs([tmp_path], tmp_path / "out")
        assert isinstance(item, Unreadable)
        assert str(tmp_path) in str(item.error)


class TestPages:
    @pytest.mark.parametrize(
        ("text", "pages"),
        [
            ("3", (3,)),
            ("3-5,9", (3, 4, 5, 9)),
            (" 9 , 3 - 5 ", (3, 4, 5, 9)),
            ("1-3,2-4", (1, 2, 3, 4)),
            ("10-10", (10,)),
        ],
    )
    def test_selection(self, text, pages):
        assert select_pages(parse_pages(text), 10) == pages

    @pytest.mark.parametrize(
        "text", ["", ",", "1,", "0", "0-3", "5-3", "-3", "3-", "a", "1-2-3", "1.5", "9" * 5000]
    )
    def test_nonsense(self, text):
        with pytest.raises(PagesError):
            parse_pages(text)

    def test_all_by_default(self):
        assert select_pages(None, 3) == (1, 2, 3)

    def test_beyond_the_end(self):
        with pytest.raises(PagesError, match="page 999999999999, and there are 10"):
            select_pages(parse_pages("2-999999999999"), 10)
