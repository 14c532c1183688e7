"""The shape of the code that no linter watches."""

import subprocess
import sys
from pathlib import Path

import tenglu

SOURCE = Path(tenglu.__file__).parent
MAX_LINES = 400
MAX_IMPORT_SECONDS = 0.3  # of the processor: a busy machine makes others wait
HEAVY = ("cv2", "onnxruntime", "paddleocr", "pandas", "pypdfium2", "rich", "xlsxwriter")

PROBE = f"""
import sys, time
start = time.process_time()
import tenglu
seconds = time.process_time() - start
print(seconds, *(name for name in {HEAVY!r} if name in sys.modules))
"""


def test_no_file_outgrows_the_readers_patience():
    sources = sorted(SOURCE.rglob("*.py"))
    assert sources
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in sources}
    assert {path: length for path, length in lengths.items() if length > MAX_LINES} == {}


def test_the_package_imports_fast_and_light():
    times = []
    for _ in range(3):
        seconds, *loaded = subprocess.run(
            [sys.executable, "-c", PROBE], check=True, capture_output=True, text=True
        ).stdout.split()
        assert loaded == []
        times.append(float(seconds))
    assert min(times) < MAX_IMPORT_SECONDS
