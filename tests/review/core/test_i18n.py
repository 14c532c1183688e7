"""What the desk says: in both languages, nothing forgotten, nothing left over."""

import json
import re
from importlib.resources import files

import pytest

from tenglu.export import terms
from tenglu.model import EvidenceSource, FlagCode
from tenglu.review.core.events import KINDS
from tenglu.review.core.i18n import FILE, choose_language, speech

HOME = files("tenglu.review.core")
SOURCES = {
    path.name: path.read_text("utf-8")
    for folder in ("static", "templates")
    for path in files("tenglu.review.web").joinpath(folder).iterdir()
    if path.name.endswith((".js", ".html"))
}
SAID = json.loads(HOME.joinpath(FILE).read_text("utf-8"))
MADE_OF_PARTS = ("said-", "kind-", "do-", "shape-", "key-", "why-", "role-")


def asked_for() -> set[str]:
    text = "\n".join(SOURCES.values())
    names = set(re.findall(r"""\bsay\(\s*"([\w-]+)"|say\["([\w-]+)"\]|fill\("([\w-]+)\"""", text))
    found = {name for group in names for name in group if name}
    for condition in re.findall(r"say\(([^()]*\?[^()]*)\)", text):
        found |= set(re.findall(r'"([\w-]+)"', condition))
    return found - {"scan", "undo", "holds"}


def test_everything_that_is_asked_for_is_there():
    assert asked_for() - SAID.keys() == set()


def test_nothing_is_left_over():
    fixed = {name for name in SAID if not name.startswith(MADE_OF_PARTS)}
    assert fixed - asked_for() == set()


def test_every_refusal_is_said_in_both_languages():
    rooms = HOME, files("tenglu.review.web")
    paths = [path for room in rooms for path in room.iterdir() if path.name.endswith(".py")]
    program = [path.read_text("utf-8") for path in paths]
    raised = re.findall(r"(?:NoSuchError|ShapeError)\(([^)]*)", "\n".join(program))
    names = {name for call in raised for name in re.findall(r'"([a-z]+(?:-[a-z]+)*)"', call)}
    told = {name.removeprefix("why-") for name in SAID if name.startswith("why-")}
    assert names - {"row"} == told


def test_both_languages_say_the_same_with_the_same_facts():
    for name, said in SAID.items():
        assert set(said) == {"zh", "en"}, name
        facts = [set(re.findall(r"\{(\w+)\}", text)) for text in said.values()]
        assert facts[0] == facts[1], name
        assert re.search(r"[\u4e00-\u9fff]", said["en"]) is None, name


def test_every_kind_of_event_has_a_word():
    assert {f"kind-{kind}" for kind in KINDS - {"undo", "redo"}} - SAID.keys() == set()


def test_terms_of_results_are_those_of_the_exporters():
    for language in ("zh", "en"):
        said = speech(language)
        assert said["rule-column"] == getattr(terms.rule_term("column"), language)
        assert said["flag-sum-fails"] == getattr(terms.FLAGS[FlagCode.SUM_FAILS], language)
        assert said["source-borders"] == getattr(terms.SOURCES[EvidenceSource.BORDERS], language)
    taken_over = ("flag-", "check-", "outcome-", "source-", "rule-")
    assert [name for name in SAID if name.startswith(taken_over)] == []


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh-TW", "zh"),
        ("en-GB,en;q=0.9", "en"),
        ("de,en;q=0.5,zh;q=0.7", "zh"),
        ("fr", "en"),
        ("", "en"),
        ("zh;q=x, en", "en"),
        (";;,,;q=", "en"),
    ],
)
def test_the_language_that_a_browser_prefers(accepted, language):
    assert choose_language(accepted) == language


def test_speech_is_plain_text():
    for language in ("zh", "en"):
        assert not any("<" in text for text in speech(language).values())
