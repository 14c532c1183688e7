"""The doctor looks at real installations: folders on sys.path that hold what pip leaves behind."""

import sys
from importlib import invalidate_caches
from pathlib import Path

import pytest

from tenglu.cli.diagnosis import OPENCV_VERSION, Finding, State, diagnose
from tenglu.engines.weights import DETECTOR, RECOGNISER, check_engine_dir, find_weights, sha256
from tenglu.errors import EngineError
from tenglu.imaging.fonts import find_font

WEIGHTS = (RECOGNISER, DETECTOR)


def found(name: str, engine_dir: Path | None = None) -> Finding:
    invalidate_caches()
    [finding] = [finding for finding in diagnose(engine_dir) if finding.name == name]
    return finding


def lay_distribution(site: Path, name: str, version: str) -> None:
    folder = site / f"{name.replace('-', '_')}-{version}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages that stands before the real one."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_this_installation_is_sound():
    findings = diagnose(None)
    assert [finding for finding in findings if finding.state is State.FAILED] == []
    assert len({finding.name for finding in findings}) == len(findings)
    assert OPENCV_VERSION in found("opencv").detail


def test_two_versions_of_opencv_in_one_folder_fail(site: Path):
    lay_distribution(site, "opencv-contrib-python", OPENCV_VERSION)
    lay_distribution(site, "opencv-python-headless", "5.0.0.93")
    finding = found("opencv")
    assert finding.state is State.FAILED
    assert "opencv-python-headless 5.0.0.93" in finding.detail
    assert f"opencv-python-headless=={OPENCV_VERSION}" in finding.remedy


def test_opencv_that_does_not_import_fails(site: Path, monkeypatch: pytest.MonkeyPatch):
    (site / "cv2.py").write_text("raise ImportError('libGL.so.1: cannot open shared object file')")
    monkeypatch.delitem(sys.modules, "cv2", raising=False)
    finding = found("opencv")
    assert finding.state is State.FAILED
    assert "libGL.so.1" in finding.detail
    assert "opencv-python-headless" in finding.remedy


def test_another_paddleocr_fails(site: Path):
    lay_distribution(site, "paddleocr", "2.9.1")
    finding = found("paddleocr")
    assert finding.state is State.FAILED
    assert finding.detail == "2.9.1"
    assert "3.7" in finding.remedy


@pytest.mark.parametrize("weights", WEIGHTS)
def test_weights_are_those_that_are_documented(weights):
    assert sha256(find_weights(weights)) == weights.sha256


@pytest.mark.parametrize("weights", WEIGHTS)
def test_damaged_weights_fail(site: Path, weights):
    lay_distribution(site, "rapidocr", "3.10.0")
    path = site / weights.path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"torn")
    finding = found(weights.name)
    assert finding.state is State.FAILED
    assert "damaged" in finding.detail
    assert "rapidocr==3.10.0" in finding.remedy


@pytest.mark.parametrize("weights", WEIGHTS)
def test_an_install_without_weights_fails(site: Path, weights):
    lay_distribution(site, "rapidocr", "3.10.0")
    assert found(weights.name).state is State.FAILED
    with pytest.raises(EngineError, match=r"pip install .*rapidocr==3\.10\.0"):
        find_weights(weights)


def test_without_the_package_of_the_weights_the_command_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(EngineError, match=r"pip install .*rapidocr==3\.10\.0"):
        find_weights()


def test_an_engine_folder_stands_in_for_the_recogniser(tmp_path: Path):
    for name in ("inference.onnx", "inference.yml"):
        (tmp_path / name).touch()
    assert check_engine_dir(tmp_path) == tmp_path
    names = [finding.name for finding in diagnose(tmp_path)]
    assert "engine folder" in names
    assert RECOGNISER.name not in names
    assert found("engine folder", tmp_path).state is State.OK


def test_a_wrong_engine_folder_fails_and_names_what_it_lacks(tmp_path: Path):
    (tmp_path / "inference.onnx").touch()
    finding = found("engine folder", tmp_path)
    assert finding.state is State.FAILED
    assert "lacks inference.yml" in finding.detail
    assert "does not exist" in found("engine folder", tmp_path / "none").detail


def test_fonts_are_found_by_name_and_missing_ones_only_warn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tenglu.imaging.fonts.FONT_FOLDERS", (str(tmp_path),))
    (tmp_path / "DejaVuSans.ttf").touch()
    assert find_font() is None
    assert found("font").state is State.WARNING
    assert "fonts-noto-cjk" in found("font").remedy
    (tmp_path / "SimSun.ttc").touch()
    (tmp_path / "wqy-zenhei.ttc").touch()
    assert find_font() == tmp_path / "wqy-zenhei.ttc"


def test_a_full_temporary_folder_only_warns(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tenglu.cli.diagnosis.SPARE_DISK", 1 << 60)
    finding = found("temporary folder")
    assert finding.state is State.WARNING
    assert "TMPDIR" in finding.remedy
