"""All rules, in their order of precedence: the first of two that propose the same is kept.

A new rule is one file with a ``Rule`` or ``DocumentRule``, and one line here.
"""

from collections.abc import Mapping
from functools import cache
from typing import Literal

from tenglu.stages.check.rules.accounts import ACCOUNTS
from tenglu.stages.check.rules.addend_runs import CHAINS, OF_WHICH_FIELDS, OF_WHICH_ROWS, RUNS
from tenglu.stages.check.rules.code_hierarchy import CODE_HIERARCHY
from tenglu.stages.check.rules.column_sums import COLUMN_SUMS
from tenglu.stages.check.rules.equal_amounts import AMOUNTS_IN_WORDS, SHARED_ROWS, TWIN_TOTALS
from tenglu.stages.check.rules.formulas import FORMULAS
from tenglu.stages.check.rules.head_relations import HEAD_RELATIONS
from tenglu.stages.check.rules.prose_amounts import PROSE_AMOUNTS
from tenglu.stages.check.rules.ratios import RATES_OF_ROWS
from tenglu.stages.check.rules.row_sums import ROW_SUMS
from tenglu.stages.check.rules.rule import DocumentRule, Rule
from tenglu.stages.check.rules.running_balance import RUNNING_BALANCE
from tenglu.stages.check.rules.statutory import STATUTORY_FORMS, STATUTORY_LINKS

RULES: tuple[Rule, ...] = (
    STATUTORY_FORMS,
    OF_WHICH_FIELDS,
    CODE_HIERARCHY,
    FORMULAS,
    ROW_SUMS,
    HEAD_RELATIONS,
    RATES_OF_ROWS,
    ACCOUNTS,
    RUNNING_BALANCE,
    TWIN_TOTALS,
    COLUMN_SUMS,
    CHAINS,
    OF_WHICH_ROWS,
    RUNS,
    AMOUNTS_IN_WORDS,
)
DOCUMENT_RULES: tuple[DocumentRule, ...] = (STATUTORY_LINKS, SHARED_ROWS, PROSE_AMOUNTS)


@cache
def rule_labels(language: Literal["zh", "en"]) -> Mapping[str, str]:
    """Return the label of every rule name."""
    names = [rule.names for rule in RULES] + [rule.names for rule in DOCUMENT_RULES]
    return {name.name: name.zh if language == "zh" else name.en for own in names for name in own}
