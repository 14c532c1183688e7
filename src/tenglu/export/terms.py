"""Terms for what a result holds, in Chinese and English; rules bring their own."""

from typing import Final, NamedTuple

from tenglu.model import CheckKind, Decider, EvidenceSource, FlagCode, Outcome, Role
from tenglu.stages.check.rules.registry import rule_names


class Term(NamedTuple):
    """A term in both languages."""

    zh: str
    en: str


FLAGS: Final[dict[FlagCode, Term]] = {
    FlagCode.LOW_CONFIDENCE: Term("识别把握不足", "read with doubt"),
    FlagCode.UNREADABLE: Term("无法辨认", "could not be read"),
    FlagCode.INK_LEFT: Term("有墨迹未读出", "there is ink that was not read"),
    FlagCode.NUMBER_FORMAT: Term("数字格式可疑", "looks like a number, but is none"),
    FlagCode.UNDER_MARK: Term("压在水印或印章下", "lay under a mark"),
    FlagCode.STRUCTURE: Term("表格结构存疑", "the shape of the table is uncertain"),
    FlagCode.ORIENTATION: Term("页面方向存疑", "turned on weak evidence"),
    FlagCode.LOW_RESOLUTION: Term("分辨率过低", "scanned at a low resolution"),
    FlagCode.TABLE_JOIN: Term("跨页接表存疑", "joined over the page break with doubt"),
    FlagCode.SUM_FAILS: Term("合计不符", "a sum does not hold"),
    FlagCode.TABLE_MISSED: Term("可能漏表", "a table may be missing"),
    FlagCode.TEXT_UNREAD: Term("有文字未读出", "there is text that was not read"),
    FlagCode.PAGE_FAILED: Term("本页处理失败", "this page failed"),
}
KINDS: Final[dict[CheckKind, Term]] = {
    "sum": Term("合计", "sum"),
    "product": Term("乘积", "product"),
    "balance": Term("结余", "balance"),
    "share": Term("比率", "rate"),
    "equal": Term("相等", "equal"),
}
OUTCOMES: Final[dict[Outcome, Term]] = {
    "holds": Term("相符", "holds"),
    "rounding": Term("舍入差以内", "within rounding"),
    "fails": Term("不符", "fails"),
    "not-computable": Term("无法计算", "cannot be computed"),
}
DECIDERS: Final[dict[Decider, Term]] = {
    "machine": Term("机器识别", "machine"),
    "rule": Term("规则", "rule"),
    "reviewer": Term("人工核对", "reviewer"),
}
SOURCES: Final[dict[EvidenceSource, Term]] = {
    EvidenceSource.ENGINE: Term("识别", "OCR"),
    EvidenceSource.REVIEWER: Term("核对人", "reviewer"),
    EvidenceSource.SUM: Term("合计规则", "sums"),
    EvidenceSource.COLUMN: Term("按所在列", "by its column"),
    EvidenceSource.BORDERS: Term("边线", "borders"),
    EvidenceSource.BORDER_TOP: Term("上边线", "top border"),
    EvidenceSource.BORDER_RIGHT: Term("右边线", "right border"),
    EvidenceSource.BORDER_BOTTOM: Term("下边线", "bottom border"),
    EvidenceSource.BORDER_LEFT: Term("左边线", "left border"),
    EvidenceSource.NO_LETTER_LOST: Term("没有漏字", "no letter lost"),
    EvidenceSource.NO_INK_LEFT: Term("墨迹读全", "all ink read"),
    EvidenceSource.CLEAR_OF_MARKS: Term("未压水印", "clear of marks"),
}
ROLES: Final[dict[Role, Term]] = {
    Role.READING: Term("识别", "OCR"),
    Role.ALTERNATIVE: Term("备选识别", "second reading"),
    Role.REREADING: Term("重识别", "read in another way"),
    Role.ORIGINAL: Term("初次识别", "first reading"),
    Role.SCORE: Term("佐证", "score"),
}


def rule_term(code: str) -> Term:
    """Return the term for the rule of a check; a rule that is not installed goes by its code."""
    name = rule_names().get(code)
    return Term(code, code) if name is None else Term(name.zh, name.en)
