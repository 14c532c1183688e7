"""The documents say what is there, and their examples run."""

import re
import shlex
import tomllib
from collections.abc import Iterator, Sequence
from configparser import ConfigParser
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import click
import pytest
from PIL import Image
from pydantic import BaseModel

import sample
import tenglu as package
from calls import tenglu
from tenglu import model
from tenglu.cli.main import main
from tenglu.engines.interface import Engine
from tenglu.engines.paddle import PaddleSpec
from tenglu.engines.replay import RecordingEngine, ReplaySpec
from tenglu.errors import ExitCode
from tenglu.export.canonical import load
from tenglu.pipeline import read_page
from tenglu.settings import Settings, load_settings
from tenglu.stages.check.values.values import is_odd_number, to_typed
from tenglu.stages.ingest import load_scan

# What the engine's packages say of themselves is not for us to mend.
pytestmark = pytest.mark.filterwarnings("default")

REPOSITORY = Path(__file__).parents[1]
DOCS = REPOSITORY / "docs"
README = REPOSITORY / "README.md"
DOCUMENTS = sorted(
    path
    for folder in (".", "docs", "docs/decisions", "benchmarks", "models", "scans")
    for path in (REPOSITORY / folder).glob("*.md")
)
SAMPLE_PAGE = 3  # 公开03表
SHOWN = 0.4  # of its height, from the top: a table of some ten rows is enough for examples
FINISHED = {ExitCode.OK, ExitCode.REVIEW}
MAX_PICTURE = 400_000  # bytes; the README is read over slow lines too

each_document = pytest.mark.parametrize(
    "path", DOCUMENTS, ids=lambda path: str(path.relative_to(REPOSITORY))
)


class Block(NamedTuple):
    """A fenced block of a document."""

    language: str
    text: str
    line: int  # of its first line, from 1


def blocks(path: Path, language: str) -> list[Block]:
    text = path.read_text("utf-8")
    found = re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [
        Block(match[1], match[2], text[: match.start(2)].count("\n") + 1)
        for match in found
        if match[1] == language
    ]


def commands(path: Path) -> list[list[str]]:
    """The words of every call of tenglu in shell examples."""
    lines = (line for block in blocks(path, "sh") for line in block.text.splitlines())
    words = (shlex.split(line, comments=True) for line in lines)
    return [call[1:] for call in words if call[:1] == ["tenglu"]]


def section(path: Path, title: str) -> str:
    """What stands below a heading, up to the next one of its level or above."""
    text = path.read_text("utf-8")
    start = re.search(rf"^(#+) {re.escape(title)}$", text, re.MULTILINE)
    assert start is not None, f"{path.name} has no section {title!r}"
    rest = text[start.end() :]
    end = re.search(rf"^#{{1,{len(start[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def first_columns(text: str) -> list[str]:
    """First column of the tables in a text, without their heads."""
    rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")]
    heads = {i - 1 for i, cell in enumerate(rows) if set(cell) == {"-"}}
    return [cell for i, cell in enumerate(rows) if i not in heads and set(cell) != {"-"}]


def names(text: str) -> set[str]:
    """What stands between backticks."""
    return set(re.findall(r"`([^`\n]+)`", text))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Path:
    """A folder with what the examples speak of: the top of a page under several names."""
    folder = tmp_path_factory.mktemp("desk")
    image = sample.scan(SAMPLE_PAGE).image
    top = Image.fromarray(image[: round(SHOWN * image.shape[0])])
    top.save(folder / "page.png", compress_level=1)
    top.save(folder / "report.pdf", resolution=sample.scan(SAMPLE_PAGE).dpi)
    (folder / "scans").mkdir()
    top.save(folder / "scans" / "page.pdf", resolution=sample.scan(SAMPLE_PAGE).dpi)
    (folder / "password.txt").write_text("secret\n")
    [settings] = blocks(DOCS / "command-line.md", "toml")
    (folder / "tenglu.toml").write_text(settings.text)
    recorder = RecordingEngine(engine)
    read_page(load_scan(folder / "report.pdf", 1), recorder, Settings())
    (folder / "readings.json").write_text(recorder.dump(), "utf-8")
    return folder


@pytest.fixture
def at_desk(desk: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(desk)
    return desk


def replayed(desk: Path) -> list[str]:
    """Options for the readings of the page: the engine itself is loaded once."""
    return ["--set", "engine.kind=replay", "--set", f"engine.recording={desk / 'readings.json'}"]


class TestExamples:
    def test_the_calls_of_the_readme_work(self, at_desk: Path):
        calls = [words for words in commands(README) if words[0] == "convert"]
        assert len(calls) == 2  # one for each use that has one
        for words in calls:
            call = tenglu(*words, *replayed(at_desk))
            assert call.code in FINISHED, call.err
        written = {path.name for path in (at_desk / "out").iterdir()}
        assert {"report.xlsx", "report.json", "page.json", "page.t1.csv"} <= written

    @pytest.mark.parametrize("language", ["sh", "python"])
    def test_both_readmes_have_the_same_examples(self, language: str):
        english, chinese = (
            [re.sub(r" +#.*", "", block.text) for block in blocks(path, language)]
            for path in (README, REPOSITORY / "README.zh.md")
        )
        assert english == chinese

    @pytest.mark.parametrize("name", ["README.md", "docs/library.md"])
    def test_python_runs_from_top_to_bottom(self, name: str, at_desk: Path):
        tenglu("convert", "report.pdf", "-o", "out", *replayed(at_desk))
        path = REPOSITORY / name
        examples = blocks(path, "python")
        assert examples
        space: dict[str, object] = {"__name__": "__main__"}
        for block in examples:
            # Empty lines before it, so that a traceback shows the line of the document.
            code = compile("\n" * (block.line - 1) + block.text, name, "exec")
            exec(code, space)  # noqa: S102 - our own documents

    def test_the_examples_of_plug_ins_are_the_package_that_the_tests_install(self):
        package = REPOSITORY / "tests" / "support" / "plugin_package"
        shown = {block.text for block in blocks(DOCS / "extending.md", "python")}
        assert shown == {path.read_text("utf-8") for path in package.rglob("*.py")} - {""}
        [toml] = blocks(DOCS / "extending.md", "toml")
        groups = tomllib.loads(toml.text)["project"]["entry-points"]
        installed = ConfigParser()
        installed.read(next(package.glob("*.dist-info")) / "entry_points.txt", "utf-8")
        assert groups == {name: dict(installed[name]) for name in installed.sections()}

    @each_document
    @pytest.mark.usefixtures("at_desk")
    def test_calls_are_understood(self, path: Path):
        for name, *words in commands(path):
            chosen = main.commands[name].make_context(name, words).params
            if "config" in chosen:
                load_settings(chosen["config"], chosen["assignments"], chosen.get("engine_dir"))

    def test_every_setting_that_is_named_in_passing_exists(self):
        for path in DOCUMENTS:
            found = re.findall(r"--set ([\w.]+=[\w.]+)", path.read_text("utf-8"))
            for assignment in found:
                load_settings(None, [assignment], None)

    def test_settings_file(self, at_desk: Path):
        assert load_settings(at_desk / "tenglu.toml", [], None) != Settings()

    def test_the_example_of_the_format_is_a_document(self):
        [block] = blocks(DOCS / "format.md", "json")
        document = load(block.text.encode())
        assert document.tables


def options(command: click.Command) -> Iterator[str]:
    yield from (name for option in command.params for name in option.opts if name[0] == "-")


class TestCommandLine:
    PAGE = DOCS / "command-line.md"

    @pytest.mark.parametrize("name", sorted(main.commands))
    def test_every_option_of_every_command_is_told(self, name: str):
        told = names(section(self.PAGE, f"tenglu {name}"))
        assert set(options(main.commands[name])) - told == set()

    def test_no_option_is_told_that_does_not_exist(self):
        known = {name for command in main.commands.values() for name in options(command)}
        known |= {*options(main), "-h", "--help"}
        for path in (README, self.PAGE, DOCS / "troubleshooting.md"):
            calls = {w for words in commands(path) for w in words if w.startswith("-")}
            told = {
                name for name in names(path.read_text("utf-8")) if re.match(r"--?[a-z-]+$", name)
            }
            assert calls | told <= known

    @pytest.mark.parametrize(
        ("path", "title"), [(PAGE, "Exit codes"), (README, "2. Folders on the command line")]
    )
    def test_every_exit_code_is_told(self, path: Path, title: str):
        codes = {int(cell) for cell in first_columns(section(path, title))}
        assert codes == {code.value for code in ExitCode}

    def test_every_setting_is_told_with_its_default(self):
        table = section(self.PAGE, "Settings")
        rows = [
            [cell.strip() for cell in line.split("|")[1:3]]
            for line in table.splitlines()
            if line.startswith("| `")
        ]
        told = {name.strip("`"): default for name, default in rows}
        assert told == {name: words(value) for name, value in defaults()}


def defaults() -> Iterator[tuple[str, object]]:
    """Every setting that there is, with its default."""
    stages = Settings()
    for stage in Settings.model_fields.keys() - {"engine"}:
        for name, value in getattr(stages, stage):
            yield f"{stage}.{name}", value
    for name, value in PaddleSpec():
        yield f"engine.{name}", value
    yield from (
        (f"engine.{name}", None)
        for name in ReplaySpec.model_fields.keys() - PaddleSpec.model_fields.keys()
    )


def words(default: object) -> str:
    return "none" if default is None else str(default)


FORMAT = DOCS / "format.md"
SECTIONS: Sequence[type[BaseModel]] = (
    model.Document,
    model.Source,
    model.Page,
    model.Mark,
    model.Seal,
    model.TextBlock,
    model.TableBlock,
    model.Table,
    model.Cell,
    model.Evidence,
    model.Check,
    model.Flag,
    model.Step,
)


class TestFormat:
    def test_no_part_of_the_result_is_left_out(self):
        parts = {
            thing
            for thing in vars(model).values()
            if isinstance(thing, type) and issubclass(thing, model.Frozen)
        }
        assert parts - {model.Frozen} == set(SECTIONS)

    @pytest.mark.parametrize("part", SECTIONS, ids=lambda part: part.__name__)
    def test_every_field_is_told_and_no_other(self, part: type[BaseModel]):
        # The first table of the section; further ones list values.
        table = section(FORMAT, part.__name__).partition("|---|")[2].partition("\n\n")[0]
        told = [names(line.split("|")[1]) for line in table.splitlines() if line.startswith("| ")]
        assert set().union(*told) == part.model_fields.keys()

    def test_every_flag_is_told(self):
        codes = names(section(FORMAT, "Flag"))
        assert {code.value for code in model.FlagCode} <= codes

    @pytest.mark.parametrize(
        ("values", "title"),
        [
            (model.Kind, "Kinds"),
            (model.Outcome, "Check"),
            (model.BlockKind, "TextBlock"),
        ],
    )
    def test_every_value_is_told(self, values: object, title: str):
        assert set(values.__args__) <= names(section(FORMAT, title))

    @pytest.mark.parametrize("values", [model.EvidenceSource, model.Role])
    def test_every_source_and_role_is_told(self, values: type[StrEnum]):
        told = names("\n".join(first_columns(section(FORMAT, "Evidence"))))
        assert {value.value for value in values} <= told

    def test_examples_of_kinds_are_of_these_kinds(self):
        rows = re.findall(r"^\| `(\w+)` \|.*\| (.*) \|$", section(FORMAT, "Kinds"), re.MULTILINE)
        assert {kind for kind, _ in rows} == set(model.Kind.__args__)
        for kind, examples in rows:
            # A comma inside a number has no space after it.
            for example in filter(None, examples.split(", ")):
                assert to_typed(example, in_header=False).kind == kind, example

    def test_examples_of_odd_numbers_are_odd(self):
        [row] = re.findall(r"^\| `number-format` .*: (.*) \|$", FORMAT.read_text("utf-8"), re.M)
        assert all(is_odd_number(example) for example in row.split(", "))


class TestPages:
    @each_document
    def test_links_lead_somewhere(self, path: Path):
        text = re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.M | re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if "://" in target:
                continue
            name, _, anchor = target.partition("#")
            leads_to = (path.parent / name).resolve() if name else path
            assert leads_to.exists(), target
            if anchor:
                titles = re.findall(r"^#+ (.*)$", leads_to.read_text("utf-8"), re.MULTILINE)
                assert anchor in {title.lower().replace(" ", "-") for title in titles}, target

    @each_document
    def test_no_place_of_one_machine(self, path: Path):
        text = path.read_text("utf-8")
        assert re.search(r"(?<![\w.])/(work|tmp|home|root|Users)/", text) is None
        assert re.search(r"index-url|pypi\.|simple/", text) is None

    @pytest.mark.parametrize(("path", "least"), [(README, 2), (DOCS / "review.md", 3)])
    def test_the_pictures_are_there_and_light(self, path: Path, least: int):
        pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", path.read_text("utf-8"))
        assert len(pictures) >= least
        for picture in pictures:
            file = path.parent / picture
            assert file.stat().st_size < MAX_PICTURE
            with Image.open(file) as image:
                assert image.width >= 1200

    def test_the_changelog_knows_this_version(self):
        assert package.__version__ in (REPOSITORY / "CHANGELOG.md").read_text("utf-8")

    def test_decisions_are_numbered_and_dated(self):
        pages = [path.read_text("utf-8") for path in sorted((DOCS / "decisions").glob("*.md"))]
        text = "\n".join(pages)
        decisions = re.findall(r"^### (\d+)\. .*\n(\d{4}-\d{2}-\d{2})\. ", text, re.MULTILINE)
        numbers = sorted(int(number) for number, _ in decisions)
        assert numbers == list(range(1, len(decisions) + 1))
        assert len(decisions) == len(re.findall(r"^### ", text, re.MULTILINE))

    def test_every_decision_is_in_the_index_with_its_title(self):
        index = (DOCS / "decisions" / "README.md").read_text("utf-8")
        listed = set(re.findall(r"^\| (\d+) \| (.*?) \| \[(\w+)\]", index, re.MULTILINE))
        written = {
            (number, title, path.stem)
            for path in (DOCS / "decisions").glob("*.md")
            for number, title in re.findall(
                r"^### (\d+)\. (.*)$", path.read_text("utf-8"), re.MULTILINE
            )
        }
        assert listed == written
