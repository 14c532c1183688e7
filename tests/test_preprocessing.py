"""The examples of docs/preprocessing.md, each where its package is installed."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import yaml
from PIL import Image

import paint
from calls import tenglu
from tenglu.engines.weights import DETECTOR, RECOGNISER, find_weights

# What other packages say of themselves is not for us to mend.
pytestmark = pytest.mark.filterwarnings("default")

PAGE = Path(__file__).parents[1] / "docs" / "preprocessing.md"
TEXTS = ("1,204.50", "87.31", "660.02", "3,918.77")
LAYOUT = paint.Layout(
    row_heights=(90, 90),
    col_widths=(330, 330),
    slots=tuple(paint.Slot(n // 2, n % 2, text=text) for n, text in enumerate(TEXTS)),
)
DETECTOR_CONFIG = {
    "Global": {"model_name": DETECTOR.name},
    "PreProcess": {
        "transform_ops": [
            {"DetResizeForTest": {"resize_long": 960}},
            {
                "NormalizeImage": {
                    "mean": [0.485, 0.456, 0.406],
                    "std": [0.229, 0.224, 0.225],
                    "scale": "1./255.",
                    "order": "hwc",
                }
            },
            {"ToCHWImage": None},
        ]
    },
    "PostProcess": {
        "name": "DBPostProcess",
        "thresh": 0.3,
        "box_thresh": 0.6,
        "max_candidates": 1000,
        "unclip_ratio": 1.5,
    },
}


def code(title: str, language: str = "python") -> str:
    section = re.search(rf"^## {title}$(.*?)(?=^## |\Z)", PAGE.read_text("utf-8"), re.M | re.DOTALL)
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```$", section[1], re.M | re.DOTALL))


def run(*titles: str) -> dict[str, object]:
    space: dict[str, object] = {}
    for title in titles:
        exec(compile(code(title), title, "exec"), space)  # noqa: S102 - our own document
    return space


def model_folder(folder: Path, weights: Path, config: dict[str, object]) -> None:
    folder.mkdir()
    shutil.copyfile(weights, folder / "inference.onnx")
    (folder / "inference.yml").write_text(yaml.safe_dump(config, allow_unicode=True), "utf-8")


@pytest.fixture(autouse=True)
def desk(tmp_path, monkeypatch) -> Path:
    """A folder with what the examples speak of: a watermarked page, and a document of it."""
    monkeypatch.chdir(tmp_path)
    page = Image.fromarray(paint.watermark(paint.paint_table(LAYOUT).image, spacing=420))
    page.save("page.png", dpi=(200, 200))
    page.save("report.pdf", resolution=200, save_all=True, append_images=[page] * 2)
    return tmp_path


def test_arrays():
    stripped = run("Arrays")["stripped"]
    assert stripped.marks
    for name in ("page.clean.png", "page1.clean.png", "page3.clean.png"):
        with Image.open(name) as cleaned, Image.open("page.png") as page:
            assert cleaned.size == page.size
            assert np.asarray(cleaned.convert("L")).mean() > np.asarray(page.convert("L")).mean()


def test_files():
    Path("scans").mkdir()
    shutil.copyfile("page.png", "scans/page.png")
    for line in code("Files", "sh").splitlines():
        assert tenglu(*line.split()[1:]).code == 0
    assert Path("clean.pdf").exists()
    assert Path("out/page.masks/p001.png").exists()


def test_paddleocr(desk, monkeypatch):
    pytest.importorskip("paddleocr")
    monkeypatch.setenv("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")  # else it asks the network
    weights = find_weights(RECOGNISER)
    metadata = onnxruntime.InferenceSession(str(weights)).get_modelmeta().custom_metadata_map
    config = {
        "Global": {"model_name": RECOGNISER.name},
        "PreProcess": {"transform_ops": [{"RecResizeImg": {"image_shape": [3, 48, 320]}}]},
        "PostProcess": {
            "name": "CTCLabelDecode",
            "character_dict": metadata["character"].splitlines(),
        },
    }
    model_folder(desk / "rec", weights, config)
    model_folder(desk / "det", find_weights(DETECTOR), DETECTOR_CONFIG)
    assert sorted(run("Arrays", "PaddleOCR")["result"]["rec_texts"]) == sorted(TEXTS)


def test_rapidocr():
    pytest.importorskip("omegaconf")  # tenglu alone brings rapidocr without what it imports
    assert sorted(run("Arrays", "RapidOCR")["result"].txts) == sorted(TEXTS)


def test_tesseract(capsys):
    pytest.importorskip("pytesseract")
    run("Arrays", "Tesseract")
    assert TEXTS[1] in capsys.readouterr().out


@pytest.mark.parametrize("program", ["tesseract", "ocrmypdf"])
def test_files_for(program):
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    lines = code("Tesseract", "sh").splitlines()
    [place] = [n for n, line in enumerate(lines) if line.startswith(program)]
    assert tenglu(*lines[place - 1].split()[1:]).code == 0
    subprocess.run(lines[place].split(), check=True, capture_output=True)
    assert Path({"tesseract": "page.txt", "ocrmypdf": "searchable.pdf"}[program]).exists()


def test_docling(capsys):
    pytest.importorskip("docling")
    run("docling")
    assert TEXTS[1] in capsys.readouterr().out
