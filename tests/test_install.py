"""What a user gets who installs the wheel into an empty environment, and what the locks promise."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
from collections.abc import Sequence
from importlib.metadata import requires
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement

from tenglu.cli.diagnosis import OLDEST_PYTHON, OPENCV_VERSION, PADDLEOCR_SERIES
from tenglu.engines.weights import DETECTOR, DISTRIBUTION, DISTRIBUTION_VERSION, RECOGNISER
from tenglu.errors import ExitCode

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[1]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
LOCKS = sorted((REPOSITORY / "requirements").glob("*.txt"))

NO_NETWORK = """
import os, socket

def refuse(*args, **kwargs):
    with open(os.environ["NETWORK_LOG"], "a") as log:
        print(*args, file=log)
    raise OSError("this test has no network")

def connect(self, address, inherited=socket.socket.connect):
    return inherited(self, address) if self.family == socket.AF_UNIX else refuse(address)

socket.getaddrinfo = refuse
socket.socket.connect = socket.socket.connect_ex = connect
"""


class Installed(NamedTuple):
    """An environment outside the repository that holds the wheel and nothing editable."""

    command: Path
    folder: Path  # to work in
    environment: dict[str, str]

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.command, *arguments],
            cwd=self.folder,
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )

    @property
    def network_log(self) -> Path:
        """Exists as soon as anything asked for the network, even if it swallowed the refusal."""
        return Path(self.environment["NETWORK_LOG"])


def run(*arguments: str | Path, cwd: Path) -> None:
    done = subprocess.run(arguments, cwd=cwd, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    root = tmp_path_factory.mktemp("installed")
    dist, home, work = root / "dist", root / "venv", root / "work"
    work.mkdir()
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", dist, cwd=REPOSITORY)
    [wheel] = dist.glob("*.whl")
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    run(python, "-m", "pip", "install", "--no-deps", "--no-index", wheel, cwd=work)
    # The dependencies are those of this environment. Its editable tenglu stays out of sight: Python
    # does not follow a .pth inside a folder that another .pth names.
    site = Path(sysconfig.get_path("purelib", vars={"base": str(home)}))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    (site / "sitecustomize.py").write_text(NO_NETWORK)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return Installed(
        home / "bin" / "tenglu", work, {**environment, "NETWORK_LOG": str(root / "network.log")}
    )


def test_version(installed: Installed):
    done = installed.run("--version")
    assert done.returncode == 0, done.stderr
    assert PROJECT["version"] in done.stdout


def test_doctor_finds_nothing_that_fails(installed: Installed):
    done = installed.run("doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    assert RECOGNISER.name in done.stdout


def test_a_page_is_converted_without_network(installed: Installed):
    scan = min((REPOSITORY / "scans").glob("*.pdf"))
    done = installed.run("convert", scan, "-o", "out", "--pages", "1")
    assert done.returncode in {ExitCode.OK, ExitCode.REVIEW}, done.stdout + done.stderr
    document = json.loads((installed.folder / "out" / f"{scan.stem}.json").read_text("utf-8"))
    assert [page["number"] for page in document["pages"]] == [1]
    cells = [cell["text"] for table in document["tables"] for cell in table["cells"]]
    blocks = [block.get("text", "") for block in document["pages"][0]["blocks"]]
    assert re.search(r"[\u4e00-\u9fff]", "".join(cells + blocks))
    assert not installed.network_log.exists(), installed.network_log.read_text()


def test_the_wheel_holds_every_file_of_the_package(installed: Installed):
    source = REPOSITORY / "src" / "tenglu"
    home = next((installed.command.parents[1] / "lib").glob("python*/site-packages/tenglu"))
    files, missing = 0, []
    for path in source.rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            files += 1
            if not (home / path.relative_to(source)).is_file():
                missing.append(path)
    assert missing == []
    assert files > 100


def test_the_wheel_is_what_runs(installed: Installed):
    python = installed.command.parent / "python"
    code = "import tenglu; print(tenglu.__file__)"
    done = subprocess.run(
        [python, "-c", code], cwd=installed.folder, check=True, capture_output=True, text=True
    )
    assert Path(done.stdout).is_relative_to(installed.command.parents[1])


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_locks_are_hashed_and_know_no_place(lock: Path):
    text = lock.read_text("utf-8")
    pins = re.split(r"\n(?=[a-z0-9])", re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE).strip())
    assert pins
    for pin in pins:
        assert re.match(r"[a-z0-9.-]+==[^ ]+ .*\\\n +--hash=sha256:[0-9a-f]{64}", pin), pin[:80]
    assert re.search(r"://|(^|\s)--(extra-)?index-url|--find-links|(^|\s)/", text) is None


def pinned(lock: str) -> dict[str, str]:
    text = (REPOSITORY / "requirements" / lock).read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9.-]+)==([^ ]+)", text, flags=re.MULTILINE))


def names(requirements: Sequence[str]) -> set[str]:
    return {Requirement(text).name for text in requirements}


def test_locks_agree_with_the_project_and_with_each_other():
    base, ray, dev, headless = (
        pinned(f"{name}.txt") for name in ("base", "ray", "dev", "headless")
    )
    left_out = {"opencv-python-headless"}  # its place is taken by opencv-contrib-python
    assert names(PROJECT["dependencies"]) - left_out <= base.keys()
    assert not left_out & dev.keys()
    assert base.items() <= ray.items() <= dev.items()
    assert names(PROJECT["optional-dependencies"]["ray"]) <= ray.keys()
    for text in PROJECT["dependencies"]:
        wanted = Requirement(text)
        assert wanted.specifier.contains({**base, **headless}[wanted.name])
    assert headless == {"opencv-python-headless": base["opencv-contrib-python"]}


def test_the_doctor_knows_what_is_locked():
    base = pinned("base.txt")
    assert base["opencv-contrib-python"] == OPENCV_VERSION
    assert base["paddleocr"].startswith(PADDLEOCR_SERIES)
    assert base[DISTRIBUTION] == DISTRIBUTION_VERSION
    assert PROJECT["requires-python"] == f">={'.'.join(map(str, OLDEST_PYTHON))}"
    extras = [text for texts in PROJECT["optional-dependencies"].values() for text in texts]
    assert names(requires("tenglu") or []) == names([*PROJECT["dependencies"], *extras])


def test_models_are_documented():
    documented = tomllib.loads((REPOSITORY / "models" / "weights.toml").read_text("utf-8"))
    assert {
        name: (entry["path"], entry["sha256"], entry["distribution"], entry["version"])
        for name, entry in documented.items()
    } == {
        weights.name: (weights.path, weights.sha256, DISTRIBUTION, DISTRIBUTION_VERSION)
        for weights in (RECOGNISER, DETECTOR)
    }
