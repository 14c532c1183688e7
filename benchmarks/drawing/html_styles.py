"""How tables look that a browser sets: borders, bands, heads, type and room, as CSS."""

from typing import NamedTuple

from drawing.words import Rng, chance, pick

RULED = ("full", "full", "full", "full", "mixed", "apart")
PARTLY = (
    "level", "level", "plumb", "frame", "three", "headbox", "headline", "frame-plumb",
    "frame-level", "level-one-plumb", "blocks",
)  # fmt: skip
UNRULED = ("none", "none", "dump", "dump", "dump")
LINES = RULED + PARTLY + UNRULED
INKS = (
    "#000", "#000", "#000", "#333", "#666", "#999", "#bbb", "#ccc", "#ddd", "#3a6ea5", "#c55",
    "#e08a2c",
)  # fmt: skip
BANDS = (
    "#f2f2f2", "#f7f7f7", "#eef4fb", "#e8e8e8", "#dce6f1", "#fdf3e7", "#e9f5e9", "#d9d9d9",
    "#ffddee",
)  # fmt: skip
LIGHT = (
    "#ddd", "#eee", "#dbe5f1", "#fce4d6", "#ffe699", "#e2efda", "#c6d9f0", "#f5f5f5", "#bfbfbf",
)  # fmt: skip
DARK = (
    "#1f3864", "#000", "#333", "#7b1e1e", "#2e75b6", "#375623", "#5b2c83", "#c00", "#ed7d31",
    "#607080",
)  # fmt: skip
GRADIENTS = (
    "linear-gradient(#4f81bd,#1f3864)", "linear-gradient(90deg,#e66,#922)",
    "linear-gradient(#fff,#aaa)",
)  # fmt: skip
FACES = (
    "Noto Sans CJK SC", "Noto Serif CJK SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei",
    "AR PL UMing CN", "AR PL SungtiL GB", "AR PL KaitiM GB", "AR PL UKai CN", "LXGW WenKai",
    "Liberation Sans", "Liberation Serif",
)  # fmt: skip
FEW_COLUMNS = 12  # a table of more is as wide as its texts ask for


class Manner(NamedTuple):
    """How a table is ruled and how loosely it is set."""

    lines: str
    density: str  # dense, plain, loose
    tongue: str  # chinese, english, both


def draw_manner(rng: Rng) -> Manner:
    lines = pick(rng, LINES)
    usual = pick(rng, ("dense", "plain", "plain", "plain", "loose"))
    return Manner(
        lines=lines,
        density="dense" if lines == "dump" else usual,
        tongue=pick(rng, ("chinese",) * 8 + ("english", "english", "both")),
    )


def style(rng: Rng, n_cols: int, manner: Manner, name: str) -> str:
    """The CSS of the table whose id is ``name``."""
    table = f"#{name}"
    rules = [
        _rule(table, _whole(rng, n_cols, manner)),
        _rule(f"{table} td", _cells(rng, manner)),
        _borders(rng, manner.lines, table),
        _rule(f"{table} .h", _heads(rng)),
    ]
    if chance(rng, 0.06):
        rules.append(_rule(f"{table} .c0", {"background": pick(rng, LIGHT)}))
    if chance(rng, 0.06):
        column = int(rng.integers(1, n_cols + 1))
        rules.append(_rule(f"{table} td[data-c='{column}'].b", {"background": pick(rng, LIGHT)}))
    if chance(rng, 0.04):
        rules.append(_rule(table, {"background": pick(rng, DARK), "color": "#fff"}))
    return "".join(rules)


def _rule(place: str, properties: dict[str, str]) -> str:
    return f"{place}{{{';'.join(f'{name}:{value}' for name, value in properties.items())}}}"


def _whole(rng: Rng, n_cols: int, manner: Manner) -> dict[str, str]:
    size = int(rng.integers(9, 14 if manner.lines == "dump" else 17))
    face = f"'{pick(rng, FACES)}','Noto Sans CJK SC'"
    properties = {
        "border-collapse": "collapse",
        "font": f"{size}px/{rng.uniform(1.05, 1.5):.2f} {face}",
        "margin": pick(rng, ("0", "auto")),
    }
    if n_cols <= FEW_COLUMNS and chance(rng, 0.6):
        properties["width"] = "100%"
        properties["table-layout"] = pick(rng, ("auto", "auto", "fixed"))
    return properties


def _cells(rng: Rng, manner: Manner) -> dict[str, str]:
    level, plumb = {
        "dense": (rng.uniform(0, 1.5), rng.uniform(1, 4)),
        "plain": (rng.uniform(2, 7), rng.uniform(3, 9)),
        "loose": (rng.uniform(8, 18), rng.uniform(6, 20)),
    }[manner.density]
    if manner.lines in PARTLY and "plumb" not in manner.lines:
        plumb = max(plumb, rng.uniform(2, 9))
    properties = {
        "padding": f"{level:.1f}px {plumb:.1f}px",
        "vertical-align": pick(rng, ("middle", "middle", "top", "bottom")),
        "overflow": "hidden",
        "word-break": pick(rng, ("normal", "break-all")),
    }
    if manner.lines == "dump" or chance(rng, 0.6 if manner.density == "dense" else 0.35):
        properties["white-space"] = "nowrap"
    else:
        properties["max-width"] = f"{int(rng.integers(90, 260))}px"
    return properties


def _heads(rng: Rng) -> dict[str, str]:
    properties = {
        "text-align": pick(rng, ("center", "center", "center", "left", "right")),
        "font-weight": pick(rng, ("bold", "normal")),
    }
    if chance(rng, 0.2):
        properties["background"] = pick(rng, LIGHT)
    elif chance(rng, 0.28):
        properties |= {"background": pick(rng, DARK + GRADIENTS), "color": "#fff"}
    return properties


def _borders(rng: Rng, lines: str, table: str) -> str:
    """The borders of a table."""
    kind = pick(rng, ("solid",) * 10 + ("dotted", "dashed", "double"))
    wide = "3px" if kind == "double" else pick(rng, ("1px", "1px", "1px", ".6px", "2px"))
    thin = f"{wide} {kind} {pick(rng, INKS)}"
    bold = f"{pick(rng, ('1px', '2px', '2px', '3px'))} solid {pick(rng, INKS[:5])}"
    cell, head = f"{table} td", f"{table} .h"
    full = _rule(cell, {"border": thin})
    level = _rule(cell, {"border-top": thin, "border-bottom": thin})
    plumb = _rule(cell, {"border-left": thin, "border-right": thin})
    frame = _rule(table, {"border": bold})
    boxed = _rule(head, {"border": thin})
    below = _rule(f"{table} .hl", {"border-bottom": thin})
    ends = _rule(f"{table} .top", {"border-top": bold})
    ends += _rule(f"{table} .last", {"border-bottom": bold})
    apart = _rule(table, {"border-spacing": pick(rng, ("1px", "2px", "3px"))})
    apart += _rule(table, {"border-collapse": "separate"})
    return {
        "full": full,
        "none": "",
        "dump": boxed if chance(rng, 0.35) else "",
        "level": level,
        "plumb": plumb,
        "frame": frame,
        "three": ends + below,
        "headbox": boxed + (frame if chance(rng, 0.5) else ""),
        "headline": _rule(f"{table} .hl", {"border-bottom": bold}),
        "mixed": frame + full,
        "frame-plumb": frame + plumb + (boxed if chance(rng, 0.7) else ""),
        "frame-level": frame + level,
        "level-one-plumb": level + _rule(f"{table} .c0", {"border-right": thin}),
        "blocks": ends + below + _rule(f"{table} .r5", {"border-top": thin}),
        "apart": apart + _rule(cell, {"background": pick(rng, BANDS)}),
    }[lines]
