"""The rules in use, in order of precedence: of two equal constraints the first is kept.

tenglu's own rules are listed in ``plugins.py``; rules of other packages come after them.
"""

from tenglu.plugins import RULES, load_all
from tenglu.stages.check.rules.rule import DocumentRule, Rule, RuleName


def table_rules() -> list[Rule]:
    """Return the rules for one table."""
    return [rule for rule in load_all(RULES) if isinstance(rule, Rule)]


def document_rules() -> list[DocumentRule]:
    """Return the rules across tables, or across tables and text."""
    return [rule for rule in load_all(RULES) if isinstance(rule, DocumentRule)]


def rule_names() -> dict[str, RuleName]:
    """Return the names of all rules, with their labels, by what stands in the result."""
    return {name.name: name for rule in load_all(RULES) for name in rule.names}
