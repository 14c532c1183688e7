import json
import os
import signal
import subprocess
import sys

import pytest

from tenglu.errors import OutputError
from tenglu.export import format_names, write
from tenglu.export.canonical import load


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_each_format_has_its_file_beside_the_others(report, tmp_path):
    folder = tmp_path / "不存在" / "out"
    paths = write(report, folder, "〔2023〕9号.v1", format_names())
    assert [path.name for path in paths] == [
        "〔2023〕9号.v1.json",
        "〔2023〕9号.v1.xlsx",
        "〔2023〕9号.v1.t1.csv",
        "〔2023〕9号.v1.t2.csv",
        "〔2023〕9号.v1.html",
        "〔2023〕9号.v1.md",
    ]
    assert names(folder) == sorted(path.name for path in paths)
    assert load(paths[0].read_bytes()) == report


def test_the_same_document_gives_the_same_bytes(report, tmp_path):
    first = write(report, tmp_path / "a", "x", format_names())
    second = write(report.model_copy(deep=True), tmp_path / "b", "x", format_names())
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name


def test_an_existing_result_is_replaced_and_keeps_usual_permissions(report, tmp_path):
    (tmp_path / "x.json").write_text("old")
    (tmp_path / "by hand").touch()
    write(report, tmp_path, "x", ["json"])
    assert load((tmp_path / "x.json").read_bytes()) == report
    usual = (tmp_path / "by hand").stat().st_mode
    assert (tmp_path / "x.json").stat().st_mode == usual


@pytest.mark.parametrize("folder", ["file", "file/deeper"])
def test_a_file_in_the_place_of_the_folder(report, tmp_path, folder):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="choose another folder") as refused:
        write(report, tmp_path / folder, "x", format_names())
    assert "\n" not in str(refused.value)
    assert names(tmp_path) == ["file"]
    assert (tmp_path / "file").read_text() == "mine"


def test_a_name_too_long_for_the_disk(report, tmp_path):
    with pytest.raises(OutputError, match="rename the input"):
        write(report, tmp_path, "名" * 90, format_names())
    assert names(tmp_path) == []


def test_a_folder_in_the_place_of_a_result(report, tmp_path):
    (tmp_path / "x.json").mkdir()
    with pytest.raises(OutputError, match=r"x\.json: a folder of that name"):
        write(report, tmp_path, "x", ["json"])
    assert names(tmp_path) == ["x.json"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_read_only_folder(report, tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="not writable"):
        write(report, tmp_path, "x", ["json"])


WITH_LITTLE_ROOM = """
import resource, sys
from pathlib import Path
from tenglu.errors import OutputError
from tenglu.export import write
from tenglu.export.canonical import load

source, folder = map(Path, sys.argv[1:])
document = load(source.read_bytes())
resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))
try:
    write(document, folder, "x", ["md", "json"])
except OutputError as error:
    sys.exit(str(error))
"""


KILLED = """
import os, signal, sys
from pathlib import Path
from tenglu.files.atomic import write_files

class Killing(dict):
    def values(self):
        yield b"whole"
        os.kill(os.getpid(), signal.SIGKILL)

write_files(Path(sys.argv[1]), Killing({"x.json": b"", "x.md": b""}))
"""


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
def test_what_a_killed_call_left_behind_goes_with_the_next(report, tmp_path):
    done = subprocess.run([sys.executable, "-c", KILLED, tmp_path], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(names(tmp_path)) == 1  # half done, and hidden
    write(report, tmp_path, "x", ["json", "md"])
    assert names(tmp_path) == ["x.json", "x.md"]


def test_no_room_on_the_disk_leaves_the_old_results_whole(report, tmp_path):
    pytest.importorskip("resource")
    (source,) = write(report, tmp_path / "in", "report", ["json"])
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "x.json").write_text(json.dumps("old"))
    (folder / "x.md").write_text("old")
    done = subprocess.run(
        [sys.executable, "-c", WITH_LITTLE_ROOM, source, folder],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "x.json: the file is larger than allowed here" in done.stderr
    assert names(folder) == ["x.json", "x.md"]
    assert (folder / "x.json").read_text() == '"old"'
    assert (folder / "x.md").read_text() == "old"  # the format that had room waits for the others


def test_only_the_workbook_needs_xlsxwriter():
    code = "import sys, tenglu.export; sys.exit('xlsxwriter' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
