"""Draw scanned documents whose truth is exact: tables and forms, marks, seals, scanners.

    python benchmarks/generate.py OUT_DIR --n 40 --seed 7 [--profile watermark_scan] [--kind roster]

Writes drawn-KIND-SEED.PROFILE.pdf, pictures alone, with X.truth.json beside each, as
benchmarks/accuracy.py wants them. From Python: ``draw_page`` and ``draw_document``. The same seed
draws the same document on every machine that has the same fonts.
"""

import argparse
import io
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import pypdfium2

from drawing import business, people, public
from drawing.faces import CHINESE, HAIRLINE, LATIN, Face, printable, there
from drawing.marks import (
    MarkStyle,
    Seal,
    draw_mark_style,
    draw_seal,
    mark_cover,
    over,
    stamp,
    tinted,
)
from drawing.scanner import (
    Look,
    Pose,
    degrade,
    draw_look,
    from_jpeg,
    jpeg,
    lay_on_paper,
    photographed,
    scanned,
    still,
)
from drawing.sheets import Content, Sheet
from drawing.typeset import Layers, SetPage, Style, typeset
from drawing.words import Rng, chance, pick

Json = dict[str, Any]
KINDS: dict[str, Callable[[Rng], Content]] = {
    "expenditure": public.expenditure,
    "sides": public.balance_sides,
    "targets": public.targets,
    "assets": business.assets,
    "profit": business.profit,
    "ledger": business.ledger,
    "payroll": business.payroll,
    "purchase": business.purchase,
    "roster": people.roster,
    "register": people.register,
    "statistics": people.statistics,
    "approval": people.approval,
    "assay": people.assay,
}
PROFILES = {  # share of the documents when none is asked for
    "clean": 0.04,
    "watermark": 0.06,
    "watermark_scan": 0.4,
    "watermark_dense": 0.1,
    "stamp": 0.12,
    "fax": 0.07,
    "photo": 0.09,
    "faint": 0.06,
    "picture": 0.06,
}
MARKED = {"watermark", "watermark_scan", "watermark_dense", "photo", "faint"}
VISIBLE = 48  # of 255: a cover from here on counts as mark or seal
COARSE = 150  # dpi; smaller type than 9.5 pt is not read there, by nobody
SCREEN = (96, 110, 130)  # dpi of pictures of pages as they lie on web sites
INK_LEFT, RULES_LEFT = 0.45, 0.3  # of their contrast, in faint documents


class Drawn(NamedTuple):
    """One scanned page. Pictures and masks lie over each other pixel by pixel."""

    rgb: np.ndarray  # (H, W, 3) uint8, the scan
    clean: np.ndarray  # (H, W, 3) uint8, ink, rules and grounds alone on white
    mark_mask: np.ndarray  # (H, W) bool
    seal_mask: np.ndarray  # (H, W) bool
    truth: Json  # of a document of this one page
    dpi: int
    code: bytes | None  # the JPEG that ``rgb`` was decoded from; None: nothing was lost


class Drawing(NamedTuple):
    """A document of one page or several."""

    name: str
    pages: tuple[Drawn, ...]
    truth: Json


class Plan(NamedTuple):
    """All that is the same on the pages of a document."""

    seed: int
    profile: str
    content: Content
    style: Style
    look: Look
    mark: MarkStyle | None
    rotation: int


def draw_page(seed: int, profile: str = "any", kind: str = "any") -> Drawn:
    """Draw the first page of a document; rows that stand on later pages are not in its truth."""
    return draw_document(seed, profile, kind, 1).pages[0]


def draw_document(
    seed: int, profile: str = "any", kind: str = "any", last: int | None = None
) -> Drawing:
    """Draw a document.

    Args:
        seed: the same seed, the same document.
        profile: one of PROFILES, or any.
        kind: one of KINDS, or any.
        last: the last page to draw; None: all.
    """
    plan = draw_plan(seed, profile, kind)
    pages = typeset(plan.content, plan.style)[:last]
    drawn, parts = [], []
    for number, page in enumerate(pages, 1):
        picture, part = _draw(plan, page, number)
        drawn.append(picture)
        parts.append(part)
    name = f"drawn-{plan.content.kind}-{seed:05}.{plan.profile}"
    sheet = plan.content.sheet
    truth = _truth(plan, parts, _table(sheet, pages[0].xs, (0, pages[-1].rows[1])))
    for i, (page, part) in enumerate(zip(pages, parts, strict=True)):
        alone = _truth(plan, [_alone(part)], _table(sheet, pages[0].xs, page.rows))
        drawn[i] = drawn[i]._replace(truth=alone)
    return Drawing(name, tuple(drawn), truth)


def draw_plan(seed: int, profile: str = "any", kind: str = "any") -> Plan:
    """Decide on everything but the grains. Content, setting and scan draw from streams apart."""
    rng = np.random.default_rng((seed, 0))
    if profile == "any":
        profile = str(rng.choice(list(PROFILES), p=list(PROFILES.values())))
    if kind == "any":
        kind = pick(rng, list(KINDS))
    content = KINDS[kind](np.random.default_rng((seed, 1)))
    style = _style(np.random.default_rng((seed, 2)), content, profile)
    rng = np.random.default_rng((seed, 3))
    face = style.face
    dense = profile == "watermark_dense"
    mark = draw_mark_style(rng, content.unit, face, dense=dense) if profile in MARKED else None
    if profile == "photo" and chance(rng, 0.4):
        mark = None
    turns = (0, 90, 270) if content.wide else (0,) * 24 + (180,)
    rotation = pick(rng, turns)
    return Plan(seed, profile, content, style, draw_look(rng, profile, style.dpi), mark, rotation)


def _style(rng: Rng, content: Content, profile: str) -> Style:
    dpi = pick(
        rng, {"fax": (COARSE,), "picture": SCREEN}.get(profile, (COARSE, 200, 200, 200, 300))
    )
    thin = HAIRLINE if profile == "fax" else ()
    chinese = [faces for faces in there(CHINESE) if faces[0][0] not in thin]
    plain = strong = None
    if chinese:
        plain, strong = pick(rng, chinese)
    latin = pick(rng, there(LATIN)) if there(LATIN) and chance(rng, 0.45) else (None, None)
    squeeze = float(rng.uniform(0.82, 0.97)) if chance(rng, 0.25) else 1.0
    rule = max(1, round(rng.uniform(0.35, 1.0) / 72 * dpi))
    points = float(rng.uniform(9.5 if dpi <= COARSE else 8, 14))
    tints = ((225, 225, 225), (242, 242, 242), (217, 226, 243), (226, 239, 217), (255, 242, 204))
    level = all(item.rowspan == item.colspan == 1 for item in content.sheet.items)
    kinds = ("all", "all", "all", "all", "sides", "level") if level else ("all",) * 9 + ("sides",)
    tone = int(rng.integers(15, 70))
    coloured = profile != "fax"
    return Style(
        dpi=dpi,
        points=points,
        face=Face(plain, latin[0], squeeze),
        strong=Face(strong, latin[1], squeeze),
        margin=float(rng.uniform(14, 24)),
        rule=rule,
        outer=rule * 2 if chance(rng, 0.3) else rule,
        rule_tone=int(rng.integers(0, 110)),
        ink=(tone, tone, tone),
        pad=float(rng.uniform(0.15, 0.6)),
        bold_header=chance(rng, 0.5),
        header_ground=pick(rng, tints) if coloured and chance(rng, 0.25) else None,
        striped=pick(rng, ((246, 246, 246), (238, 244, 250)))
        if coloured and chance(rng, 0.06)
        else None,
        reversed_header=coloured and chance(rng, 0.03),
        rules=pick(rng, kinds),
        red_head=coloured and chance(rng, 0.06),
    )


def _draw(plan: Plan, page: SetPage, number: int) -> tuple[Drawn, Json]:
    """One page, and its part of the truth."""
    rng = np.random.default_rng((plan.seed, 4, number))
    layers, shape = page.layers, page.layers.rules.shape
    dpi = plan.style.dpi
    clean = over(over(layers.ground, layers.rules[..., None]), layers.ink)
    marks = mark_cover(plan.mark, shape, dpi, rng) if plan.mark else np.zeros(shape, np.uint8)
    picture = _printed(plan, layers, marks)
    seals = _seals(rng, plan, page) if plan.profile == "stamp" else []
    stamped = np.zeros(shape, np.uint8)
    for seal in seals:
        picture, stamped = stamp(picture, stamped, seal)
    pose = _pose(rng, plan, (shape[1], shape[0]))
    scan = pose.warp(lay_on_paper(picture, plan.look), plan.look.around)
    scan = degrade(scan, plan.look, rng)
    code = None if plan.look.quality is None else jpeg(scan, plan.look.quality)
    drawn = Drawn(
        rgb=scan if code is None else from_jpeg(code),
        clean=pose.warp(clean, (255, 255, 255)),
        mark_mask=pose.warp(marks, 0) >= VISIBLE,
        seal_mask=pose.warp(stamped, 0) >= VISIBLE,
        truth={},
        dpi=dpi,
        code=code,
    )
    return drawn, _part(plan, page, pose, number, seals)


def _printed(plan: Plan, layers: Layers, marks: np.ndarray) -> np.ndarray:
    """Ground, mark, rules and ink in their order."""
    rules, ink = layers.rules[..., None], layers.ink
    if plan.profile == "faint":
        rules = (255 - (255 - rules) * RULES_LEFT).astype(np.uint8)
        ink = (255 - (255 - ink) * INK_LEFT).astype(np.uint8)
    if plan.mark is None:
        return over(over(layers.ground, rules), ink)
    if plan.mark.over:
        return tinted(over(over(layers.ground, rules), ink), marks, plan.mark)
    return over(over(tinted(layers.ground, marks, plan.mark), rules), ink)


def _seals(rng: Rng, plan: Plan, page: SetPage) -> list[Seal]:
    """One to three: over the table's lower half, its right, or the title."""
    dpi, face = plan.style.dpi, plan.style.face
    x0, x1, y0, y1 = page.xs[0], page.xs[-1], page.ys[0], page.ys[-1]
    places = (
        ((x0 + x1) // 2, (y0 + y1) // 2, x1, y1),
        ((x0 + x1) // 2, y0, x1, y1),
        (x0, plan.style.dpi // 2, x1, y0),
        (x0, y0, x1, y1),
    )
    return [
        draw_seal(rng, plan.content.unit, face, dpi, pick(rng, places))
        for _ in range(int(rng.integers(1, 4)))
    ]


def _pose(rng: Rng, plan: Plan, page: tuple[int, int]) -> Pose:
    straight = still(page, plan.rotation)
    if plan.profile in {"clean", "watermark", "picture"}:
        return straight
    return photographed(rng, straight) if plan.profile == "photo" else scanned(rng, straight)


def _part(plan: Plan, page: SetPage, pose: Pose, number: int, seals: list[Seal]) -> Json:
    """The truth of one page."""
    first, last = page.rows
    cells = []
    for item in plan.content.sheet.items:
        if first <= item.row <= last:
            x0, x1 = page.xs[item.col], page.xs[item.col + item.colspan]
            y0, y1 = page.ys[item.row - first], page.ys[item.row - first + item.rowspan]
            spans = {"rowspan": item.rowspan, "colspan": item.colspan}
            polygon = pose.to_scan([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
            cells.append({"row": item.row, "col": item.col, **spans, "polygon": polygon})
    x0, x1, y0, y1 = page.xs[0], page.xs[-1], page.ys[0], page.ys[-1]
    around = pose.to_scan([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    return {
        "number": number,
        "orientation": "landscape" if plan.content.wide else "portrait",
        "rotation": plan.rotation,
        "blocks": page.blocks,
        "scan": {
            "width": pose.scan[0],
            "height": pose.scan[1],
            "dpi": plan.style.dpi,
            "homography": pose.homography.tolist(),
            "curl": None
            if pose.curl is None
            else dict(zip(("amp_px", "phase"), pose.curl, strict=True)),
            "quality": plan.look.quality,
            "overlays": [_overlay(seal, pose) for seal in seals],
            "parts": [{"table": "t1", "rows": [first, last], "polygon": around, "cells": cells}],
        },
    }


def _overlay(seal: Seal, pose: Pose) -> Json:
    (x, y), (h, w) = seal.at, seal.cover.shape
    corners: list[list[float]] = [[x, y], [x + w, y], [x + w, y + h], [x, y + h]]
    return {"kind": seal.kind, "polygon": pose.to_scan(corners)}


def _alone(part: Json) -> Json:
    """The truth of a page as if its document had no other: rows count from nought."""
    first, last = part["scan"]["parts"][0]["rows"]
    inner = part["scan"]["parts"][0]
    cells = [cell | {"row": cell["row"] - first} for cell in inner["cells"]]
    scan = part["scan"] | {"parts": [inner | {"rows": [0, last - first], "cells": cells}]}
    blocks = [
        block | {"rows": [0, last - first]} if block["type"] == "table" else block
        for block in part["blocks"]
    ]
    return part | {"number": 1, "blocks": blocks, "scan": scan}


def _table(sheet: Sheet, xs: list[int], rows: tuple[int, int]) -> Json:
    first, last = rows
    return {
        "id": "t1",
        "title": printable(sheet.title),
        "n_rows": last - first + 1,
        "n_cols": sheet.n_cols,
        "col_widths": [b - a for a, b in pairwise(xs)],
        "header_rows": max(0, sheet.header_rows - first),
        "cells": [
            {
                "row": item.row - first,
                "col": item.col,
                "rowspan": item.rowspan,
                "colspan": item.colspan,
                "text": printable(item.text).replace("\u3000", ""),
                "align": item.align,
                "vertical": item.vertical,
            }
            for item in sheet.items
            if first <= item.row <= last
        ],
    }


def _truth(plan: Plan, parts: list[Json], table: Json) -> Json:
    return {
        "id": f"drawn-{plan.content.kind}-{plan.seed:05}",
        "title": printable(plan.content.heading),
        "unit": printable(plan.content.unit),
        "watermark": plan.mark.text if plan.mark else "",
        "profile": plan.profile,
        "seed": plan.seed,
        "fonts": [place[0] for place in plan.style.face[:2] if place],
        "points": round(plan.style.points, 1),
        "rules": plan.style.rules,
        "mark": plan.mark._asdict() if plan.mark else None,
        "pages": parts,
        "tables": [table],
    }


def write_pdf(drawing: Drawing, path: Path) -> None:
    """A page a picture: the JPEG byte by byte, or without loss where there is none."""
    document = pypdfium2.PdfDocument.new()
    for drawn in drawing.pages:
        height, width = drawn.rgb.shape[:2]
        size = (width / drawn.dpi * 72, height / drawn.dpi * 72)
        page = document.new_page(*size)
        image = pypdfium2.PdfImage.new(document)
        if drawn.code is not None:
            image.load_jpeg(io.BytesIO(drawn.code), inline=True)
        else:
            bgr = np.ascontiguousarray(cv2.cvtColor(drawn.rgb, cv2.COLOR_RGB2BGR))
            bitmap = pypdfium2.PdfBitmap.new_native(width, height, pypdfium2.raw.FPDFBitmap_BGR)
            bitmap.to_numpy()[:] = bgr
            image.set_bitmap(bitmap)
        image.set_matrix(pypdfium2.PdfMatrix().scale(*size))
        page.insert_obj(image)
        page.gen_content()
    document.save(path)


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw scanned documents with exact truth.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--n", type=int, default=10, help="documents (default: 10)")
    parser.add_argument("--seed", type=int, default=1, help="of the first; the next counts on")
    parser.add_argument("--profile", choices=["any", *PROFILES], default="any")
    parser.add_argument("--kind", choices=["any", *KINDS], default="any")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for seed in range(given.seed, given.seed + given.n):
        drawing = draw_document(seed, given.profile, given.kind)
        write_pdf(drawing, given.out / f"{drawing.name}.pdf")
        text = json.dumps(drawing.truth, ensure_ascii=False)
        (given.out / f"{drawing.name}.truth.json").write_text(text, encoding="utf-8")
        print(f"{drawing.name}: {len(drawing.pages)} pages")


if __name__ == "__main__":
    main()
