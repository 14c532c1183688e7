"""Nothing that tenglu stands on asks the network, or keeps an identity of the machine to tell."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ENGINE = """
from tenglu.engines.paddle import PaddleSpec
from tenglu.engines.registry import open_engine
open_engine(PaddleSpec())
"""
DOCTOR = "from tenglu.cli.diagnosis import diagnose; diagnose(None)"
CONNECT = """
import sys
def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        sys.exit(f"asked the network: {arguments}")
sys.addaudithook(watch)
"""


@pytest.mark.parametrize("code", [ENGINE, DOCTOR])
def test_the_home_of_the_user_gets_no_telemetry(tmp_path: Path, code: str):
    """ONNX Runtime would lay an identity and a database of events there, and upload it."""
    names = ("ORT_DISABLE_TELEMETRY", "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK")
    kept = {name: value for name, value in os.environ.items() if name not in names}
    run = subprocess.run(
        [sys.executable, "-c", CONNECT + code],
        env={**kept, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / ".cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert [path.name for path in tmp_path.rglob("*") if "onnxruntime" in str(path)] == []
