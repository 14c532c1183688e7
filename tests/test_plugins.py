"""A package from outside adds one thing of each kind, and each is used from the command line."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

import printed
from calls import card_pdf, tenglu
from tenglu.errors import ExitCode, PluginError
from tenglu.export.canonical import load
from tenglu.plugins import BUILT_IN, EXPORTERS, plugins
from tenglu.plugins import load as load_plugin
from tenglu.settings import Settings
from tenglu.stages.check.rules.registry import rule_names
from tenglu.workers.cache_key import reading_key, result_key

PACKAGE = Path(__file__).parent / "support" / "plugin_package"
ENTRY_POINTS = "tenglu_sample-1.0.dist-info/entry_points.txt"
FIXED = ["--set", "engine.kind=fixed", "--set", "engine.text=甲乙"]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the search path in which the package is installed."""
    folder = tmp_path / "site"
    shutil.copytree(PACKAGE, folder)
    monkeypatch.syspath_prepend(folder)
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "tenglu_sample"]:
        del sys.modules[name]


def graymap(path: Path) -> Path:
    """A page with a line of ten blocks that pass for characters."""
    page = np.full((300, 400), 255, np.uint8)
    for x in range(60, 300, 24):
        page[140:162, x : x + 16] = 0
        page[145:157, x + 4 : x + 12] = 255
    path.write_bytes(b"P5\n400 300\n255\n" + page.tobytes())
    return path


@pytest.mark.usefixtures("site")
class TestFromOutside:
    @pytest.fixture
    def out(self, tmp_path: Path) -> Path:
        out = tmp_path / "out"
        call = tenglu(
            "convert", graymap(tmp_path / "a.pgm"), "-o", out, "--to", "json,text", *FIXED
        )
        assert call.code == ExitCode.REVIEW, call.err
        return out

    def test_each_kind_is_used(self, out: Path):
        document = load((out / "a.json").read_bytes())
        assert document.source.media_type == "image/x-portable-graymap"
        assert document.engine == "fixed 1.0"
        [table] = document.tables
        assert [cell.text for cell in table.cells] == ["甲乙"]
        assert (out / "a.txt").read_bytes() == "甲乙".encode()

    def test_a_folder_is_searched_for_the_format(self, tmp_path: Path):
        (tmp_path / "scans").mkdir()
        graymap(tmp_path / "scans" / "a.pgm")
        (tmp_path / "scans" / "torn.pgm").write_bytes(b"P6")
        call = tenglu("convert", tmp_path / "scans", "-o", tmp_path / "out", *FIXED)
        assert call.code == ExitCode.INPUT
        assert "torn.pgm" in call.err
        assert (tmp_path / "out" / "a.json").exists()

    def test_a_table_that_is_found_already_stays(self, tmp_path: Path):
        call = tenglu("convert", card_pdf(tmp_path / "a.pdf"), "-o", tmp_path / "out", *FIXED)
        assert call.code in {ExitCode.OK, ExitCode.REVIEW}
        [table] = load((tmp_path / "out" / "a.json").read_bytes()).tables
        assert (table.n_rows, table.n_cols) == (3, 2)

    def test_the_engine_names_its_settings(self, tmp_path: Path):
        call = tenglu("convert", tmp_path, "--set", "engine.kind=fixed", "--set", "engine.txt=1")
        assert call.code == ExitCode.USAGE
        assert "engine.txt" in call.err
        assert "text" in call.err.splitlines()[-1]

    def test_a_rule_is_tried_on_every_table(self):
        found = printed.checks(printed.table("项目 | 金额\n货物 | 71.5\n服务 | 82.4\n其余 | 153.9"))
        assert [(check.rule, check.outcome) for check in found] == [("last-row", "holds")]
        assert rule_names()["last-row"].zh == "末行合计"

    def test_doctor_lists_it(self):
        lines = tenglu("doctor").out.splitlines()
        for group, name in (
            ("exporters", "text"),
            ("engines", "fixed"),
            ("readers", "graymap"),
            ("table_finders", "whole_page"),
            ("rules", "last-row"),
        ):
            [line] = [line for line in lines if f"tenglu.{group}:" in line]
            assert f"{name} (tenglu-sample 1.0)" in line


class TestKeys:
    def test_a_change_of_its_code_changes_the_keys(self, site: Path):
        settings = Settings.model_validate({"engine": {"kind": "fixed"}})

        def keys() -> tuple[str, str]:
            reading = reading_key(settings)
            return reading, result_key(settings, "", ["text"])

        before = keys()
        assert keys() == before
        with (site / "tenglu_sample" / "text.py").open("a") as file:
            file.write("# changed\n")
        assert all(now != then for now, then in zip(keys(), before, strict=True))

    def test_a_format_that_is_not_asked_for_is_no_part_of_the_key(self, site: Path):
        (site / ENTRY_POINTS).write_text("[tenglu.exporters]\ntext = tenglu_sample.text:EXPORTER\n")
        before = result_key(Settings(), "", ["json"])
        with (site / "tenglu_sample" / "text.py").open("a") as file:
            file.write("# changed\n")
        assert result_key(Settings(), "", ["json"]) == before


class TestBroken:
    @pytest.fixture
    def broken(self, site: Path) -> None:
        (site / ENTRY_POINTS).write_text("[tenglu.exporters]\ntorn = tenglu_sample.nowhere:IT\n")

    @pytest.mark.usefixtures("broken")
    def test_doctor_warns(self):
        call = tenglu("doctor")
        assert call.code == ExitCode.OK
        [line] = [line for line in call.out.splitlines() if line.startswith("warning ")]
        assert "tenglu.exporters torn" in line
        assert "nowhere" in line

    @pytest.mark.usefixtures("broken")
    def test_it_fails_only_where_it_is_asked_for(self, tmp_path: Path):
        out = tmp_path / "out"
        call = tenglu("convert", card_pdf(tmp_path / "a.pdf"), "-o", out, "--to", "torn")
        assert call.code == ExitCode.ENGINE
        assert "tenglu-sample 1.0 does not load" in call.err
        assert "json" in plugins(EXPORTERS)

    def test_a_name_of_tenglu_is_not_taken(self, site: Path):
        (site / ENTRY_POINTS).write_text("[tenglu.exporters]\njson = tenglu_sample.text:EXPORTER\n")
        assert load_plugin(EXPORTERS, "json").suffix == ".json"

    def test_a_name_that_is_not_there_is_told(self):
        with pytest.raises(PluginError, match=r"'nothing' is none of json, xlsx"):
            load_plugin(EXPORTERS, "nothing")


@pytest.mark.parametrize("group", BUILT_IN)
def test_what_comes_with_tenglu_loads(group: str):
    for name in BUILT_IN[group]:
        load_plugin(group, name)
