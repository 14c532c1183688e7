"""Every rule, flag, outcome and source of evidence has a term in both languages, in one place."""

import re
from pathlib import Path

import pytest

import tenglu
from tenglu.export import terms
from tenglu.export.terms import Term, rule_term
from tenglu.model import Cell, Check, EvidenceSource, FlagCode, Role
from tenglu.plugins import RULES, load_all
from tenglu.stages.check.rules.registry import rule_names

SRC = Path(tenglu.__file__).parent
TABLES = {
    "flags": terms.FLAGS,
    "kinds": terms.KINDS,
    "outcomes": terms.OUTCOMES,
    "deciders": terms.DECIDERS,
    "sources": terms.SOURCES,
    "roles": terms.ROLES,
    "rules": {code: rule_term(code) for code in rule_names()},
}
TERMS = [
    pytest.param(term, id=f"{name}-{code}")
    for name, of in TABLES.items()
    for code, term in of.items()
]


@pytest.mark.parametrize("term", TERMS)
def test_a_term_is_said_in_both_languages(term):
    assert re.search(r"[\u4e00-\u9fff]", term.zh)
    assert term.en.strip()
    assert not re.search(r"[\u4e00-\u9fff]", term.en)


def test_every_value_of_the_result_has_a_term():
    assert set(terms.FLAGS) == set(FlagCode)
    assert set(terms.KINDS) == set(Check.model_fields["kind"].annotation.__args__)
    assert set(terms.DECIDERS) == set(Cell.model_fields["decided_by"].annotation.__args__)
    assert set(terms.SOURCES) == set(EvidenceSource)
    assert set(terms.ROLES) == set(Role)
    assert set(terms.OUTCOMES) == set(Check.model_fields["outcome"].annotation.__args__)


def test_a_name_is_defined_once():
    names = rule_names()
    assert all(names[name.name] == name for rule in load_all(RULES) for name in rule.names)
    for language in ("zh", "en"):
        said = [getattr(name, language) for name in names.values()]
        assert len(set(said)) == len(said)


def test_no_other_file_lists_the_terms():
    """A list of names would hold several of them, quoted; the rules hold their own."""
    listed = {term.values[0].zh for term in TERMS}
    homes = {SRC / "export" / "terms.py", *(SRC / "stages/check/rules").iterdir()}
    for path in (path for kind in ("py", "json", "js", "html") for path in SRC.rglob(f"*.{kind}")):
        if path not in homes:
            quoted = set(re.findall(r'["\']([^"\'\n]*)["\']', path.read_text("utf-8")))
            assert len(quoted & listed) <= 2, (path, quoted & listed)


def test_a_rule_of_another_package_goes_by_its_code():
    assert rule_term("weights") == Term("weights", "weights")
