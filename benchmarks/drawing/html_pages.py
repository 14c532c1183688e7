"""Pages in HTML around tables: reports, sheets, invoices, crops, and pages that hold no table."""

from drawing.html_styles import FACES, draw_manner
from drawing.html_tables import draw_sheet, render
from drawing.html_words import HEADS, han, latin, sentence, value
from drawing.words import MARK_TEXTS, Rng, bureau, chance, company, date, person, pick

KINDS = ("sheet", "sheet", "sheet", "report", "report", "crop", "crop", "invoice", "bare")
WIDTHS = (560, 794, 794, 794, 794, 1123)  # px of CSS: a crop, A4 upright, A4 on its side
PAPERS = ("#fff",) * 8 + ("#fdfaf0", "#f4f4f4", "#eaf2f8")
INKS = ("#000",) * 4 + ("#333", "#555")
SPREADS = ("space-between", "flex-end", "space-around")
RESET = "<style>td,p,h3{margin:0}p{margin:.3em 0}</style>"


def draw_page(rng: Rng) -> str:
    """The HTML of one page; its tables carry the class ``truth``."""
    makers = {"sheet": _sheet, "report": _report, "crop": _crop, "invoice": _invoice, "bare": _bare}
    kind = pick(rng, KINDS)
    width = pick(rng, WIDTHS)
    edge = int(rng.integers(0, 25)) if kind == "crop" else int(rng.integers(20, 80))
    body = makers[kind](rng)
    face = f"'{pick(rng, FACES)}','Noto Sans CJK SC'"
    look = (
        f"width:{width}px;padding:{edge}px;box-sizing:border-box;display:inline-block;"
        f"position:relative;overflow:hidden;background:{pick(rng, PAPERS)};color:{pick(rng, INKS)};"
        f"font:{int(rng.integers(11, 17))}px/{rng.uniform(1.3, 2):.2f} {face}"
    )
    look += ";filter:invert(1)" if chance(rng, 0.03) else ""
    marks = (_marks(rng) if chance(rng, 0.2) else "") + (_seal(rng) if chance(rng, 0.1) else "")
    page = f'<section id=page style="{look}"><div>{body}</div>{marks}</section>'
    return f"<html><body style='margin:0;background:#fff'>{RESET}{page}</body></html>"


def _table(rng: Rng, name: str, most_rows: int) -> str:
    manner = draw_manner(rng)
    return render(rng, draw_sheet(rng, manner, most_rows), manner, name)


def _row(rng: Rng, texts: list[str]) -> str:
    """Texts beside each other that are no table."""
    inner = "".join(f"<span>{text}</span>" for text in texts)
    return f"<div style='display:flex;justify-content:{pick(rng, SPREADS)}'>{inner}</div>"


def _title(rng: Rng) -> str:
    text = pick(rng, (han(rng, 4, 14) + "表", latin(rng, 2, 6), bureau(rng) + "情况统计表"))
    look = f"text-align:center;font-size:{rng.uniform(1.1, 2):.2f}em"
    return f"<h3 style='{look}'>{text}</h3>"


def _fields(rng: Rng) -> str:
    """A line of fields above a table: no part of it."""
    texts = [
        pick(rng, ("单位：", "部门：", "编制单位：", "单位名称：")) + company(rng),
        date(rng, "{y}年{m}月{d}日"),
        pick(rng, ("单位：万元", "金额单位：元", "单位：人民币元", "第1页", "RMB'000")),
    ]
    return _row(rng, texts[int(rng.integers(0, 3)) :])


def _notes(rng: Rng) -> str:
    starts = ("注：", "说明：", "1.", "※", "填表人：")
    lines = [pick(rng, starts) + sentence(rng, 10, 70) for _ in range(int(rng.integers(1, 4)))]
    return "".join(f"<p style='font-size:.85em'>{line}</p>" for line in lines)


def _signs(rng: Rng) -> str:
    roles = ("制表", "审核", "负责人", "经办", "签字", "批准")
    return _row(rng, [f"{pick(rng, roles)}：{person(rng)}" for _ in range(int(rng.integers(2, 5)))])


def _gap(rng: Rng) -> str:
    return f"<div style='height:{int(rng.integers(4, 40))}px'></div>"


def _sheet(rng: Rng) -> str:
    """One table or more with what stands around them."""
    parts = [_title(rng)] if chance(rng, 0.8) else []
    count = pick(rng, (1, 1, 1, 2, 3))
    for number in range(count):
        parts += [_fields(rng)] if chance(rng, 0.6) else []
        parts.append(_table(rng, f"t{number}", 55 // count))
        parts += [_notes(rng)] if chance(rng, 0.35) else []
        parts += [_signs(rng)] if chance(rng, 0.2) else []
        parts.append(_gap(rng))
    return _framed(rng, "".join(parts))


def _report(rng: Rng) -> str:
    """Prose with a table or two."""
    parts = [_prose(rng)]
    for number in range(int(rng.integers(1, 3))):
        parts += [_title(rng)] if chance(rng, 0.6) else []
        parts += [_fields(rng)] if chance(rng, 0.4) else []
        parts += [_table(rng, f"t{number}", 14), _gap(rng)]
        parts += [_notes(rng)] if chance(rng, 0.3) else []
        parts += [_prose(rng)] if chance(rng, 0.7) else []
    return _framed(rng, "".join(parts))


def _crop(rng: Rng) -> str:
    return _table(rng, "t0", 45)


def _invoice(rng: Rng) -> str:
    """Fields in two columns, the goods, the sum."""
    fields = ""
    for _ in range(int(rng.integers(2, 9))):
        text = value(rng, pick(rng, ("long", "code", "date")), 0)
        field = f"{pick(rng, HEADS)}：{text}"
        fields += f"<div style='width:50%;display:inline-block'>{field}</div>"
    total = f"{pick(rng, ('合计', '总额', 'Total'))}：{value(rng, 'money', 0)}"
    end = f"<p style='text-align:right'>{total}</p>" if chance(rng, 0.6) else ""
    return _title(rng) + fields + _table(rng, "t0", 16) + end + _notes(rng)


def _bare(rng: Rng) -> str:
    """No table: prose, letters, lists, contents, pictures."""
    makers = (_prose, _prose, _contents, _bullets, _chart, _columns, _fields, _signs)
    parts = [pick(rng, makers)(rng) for _ in range(int(rng.integers(2, 6)))]
    return _framed(rng, _title(rng) + "".join(parts))


def _prose(rng: Rng) -> str:
    parts = []
    for _ in range(int(rng.integers(1, 5))):
        if chance(rng, 0.3):
            parts.append(f"<p><b>{pick(rng, '一二三四五')}、{han(rng, 3, 12)}</b></p>")
        text = latin(rng, 20, 90) if chance(rng, 0.15) else sentence(rng, 40, 260)
        look = f"text-indent:2em;text-align:{pick(rng, ('justify', 'left'))}"
        parts.append(f"<p style='{look}'>{text}</p>")
    return "".join(parts)


def _contents(rng: Rng) -> str:
    """Titles and page numbers, mostly with dots between them."""
    line = f"flex:1;border-bottom:1px {pick(rng, ('dotted', 'none'))} #000;margin:0 4px 4px"
    return "".join(
        f"<div style='display:flex'><span>{number}. {han(rng, 4, 16)}</span>"
        f"<span style='{line}'></span><span>{number * 3}</span></div>"
        for number in range(1, int(rng.integers(5, 25)))
    )


def _bullets(rng: Rng) -> str:
    sign = pick(rng, ("•", "■", "（1）", "①", "-"))
    lines = [sentence(rng, 8, 60) for _ in range(int(rng.integers(3, 12)))]
    return "".join(f"<p>{sign} {line}</p>" for line in lines)


def _columns(rng: Rng) -> str:
    look = f"column-count:{pick(rng, (2, 2, 3))};column-gap:{int(rng.integers(14, 40))}px"
    return f"<div style='{look}'>{_prose(rng)}{_prose(rng)}</div>"


def _chart(rng: Rng) -> str:
    """Bars over level lines, which are no table."""
    fill = pick(rng, ("#4f81bd", "#999", "#c0504d"))
    bars = "".join(
        f"<rect x='{40 + i * 40}' y='{160 - h}' width='24' height='{h}' fill='{fill}'/>"
        f"<text x='{42 + i * 40}' y='178' font-size='11'>{2015 + i}</text>"
        for i, h in enumerate(int(v) for v in rng.integers(10, 150, 8))
    )
    lines = "".join(
        f"<line x1='30' x2='370' y1='{y}' y2='{y}' stroke='#ccc'/>"
        f"<text x='2' y='{y + 4}' font-size='10'>{160 - y}</text>"
        for y in range(10, 170, 30)
    )
    return f"<svg width='400' height='190'>{lines}{bars}</svg>"


def _framed(rng: Rng, body: str) -> str:
    """The body between a running head and a page number, with their rules."""
    look = "border-bottom:1px solid #000;font-size:.8em;margin-bottom:14px"
    top = f"<div style='{look}'>{bureau(rng)}</div>" if chance(rng, 0.2) else ""
    look = pick(rng, ("", "border-top:1px solid #000;")) + "font-size:.8em;text-align:center"
    end = f"<div style='{look}'>- {int(rng.integers(1, 99))} -</div>" if chance(rng, 0.3) else ""
    return top + body + end


def _marks(rng: Rng) -> str:
    """A watermark, once or again and again."""
    text = pick(rng, MARK_TEXTS)
    look = (
        f"position:absolute;font-size:{int(rng.integers(20, 70))}px;white-space:nowrap;"
        f"transform:rotate({int(rng.integers(-50, 51))}deg);opacity:{rng.uniform(0.08, 0.35):.2f};"
        f"color:{pick(rng, ('#555', '#888', '#a33'))}"
    )
    places = [
        f"left:{int(rng.integers(-5, 80))}%;top:{int(rng.integers(0, 95))}%"
        for _ in range(int(rng.integers(1, 9)))
    ]
    return "".join(f"<div style='{look};{place}'>{text}</div>" for place in places)


def _seal(rng: Rng) -> str:
    side = int(rng.integers(90, 150))
    look = (
        f"position:absolute;left:{int(rng.integers(5, 80))}%;top:{int(rng.integers(5, 85))}%;"
        f"width:{side}px;height:{side}px;line-height:{side}px;border:3px solid #d22;"
        f"border-radius:50%;color:#d22;opacity:.75;text-align:center;font-size:13px"
    )
    return f"<div style='{look}'>{bureau(rng)}</div>"
