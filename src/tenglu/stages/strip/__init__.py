"""Take watermarks and seals off a page, and leave the ink whole.

The scan is not touched: a new picture comes out, with the mask of what was changed and the marks
that were found. A page without marks comes back as it was, byte for byte.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tenglu.imaging.arrays import Mask, Rgb
from tenglu.imaging.ink import EDGE_SHARE
from tenglu.imaging.page_image import PageImage
from tenglu.stages.strip.gray_stamps import find_rims
from tenglu.stages.strip.layer import Layer, make_layer
from tenglu.stages.strip.options import DEFAULTS, StripOptions
from tenglu.stages.strip.outline import outline_marks, outline_places
from tenglu.stages.strip.pattern import LEAST_PLACES, learn_pattern
from tenglu.stages.strip.places import Pattern, Place, find_places, lay
from tenglu.stages.strip.result import FoundMark, FoundSeal, Impression, Marks, Stripped
from tenglu.stages.strip.seals import find_seals, lift_seals
from tenglu.stages.strip.tones import STEP, Floats, Tones, measure_tones, shrunk
from tenglu.stages.strip.unblend import lift
from tenglu.stages.strip.watermark import find_veil, veil_share

__all__ = [
    "DEFAULTS",
    "FoundMark",
    "FoundSeal",
    "Impression",
    "Marks",
    "Pattern",
    "StripOptions",
    "Stripped",
    "learn_marks",
    "strip",
]

CORE = 0.5  # of the darkest of a mark: its strokes without their edges


def strip(
    page: Rgb | PageImage, options: StripOptions = DEFAULTS, marks: Marks | None = None
) -> Stripped:
    """Remove watermarks and seals from a page.

    Args:
        page: (H, W, 3), upright or not.
        options: see :class:`StripOptions`.
        marks: of the document, see :func:`learn_marks`; None: learnt from this page alone.
    """
    page = PageImage.of(page)
    removed = np.zeros(page.rgb.shape[:2], dtype=bool)
    impressions: list[Impression] = []
    seals = find_seals(page.rgb, page.ink.text_height, options)
    if seals:
        image, removed, impressions = lift_seals(page.rgb, seals)
        page = page.replaced(image)
    tones = measure_tones(page)
    found = find_rims(tones.dark, page.ink) if seals is None else [seal.found for seal in seals]
    veiled = _find_marks(tones, options, marks)
    if veiled is None:
        return Stripped(page, removed, [], found, None, impressions)
    image, lifted = lift(page.rgb, tones, veiled.share)
    removed |= lifted
    return Stripped(page.replaced(image), removed, veiled.marks, found, veiled.pattern, impressions)


def learn_marks(pages: Sequence[Rgb], options: StripOptions = DEFAULTS) -> Marks:
    """Learn the watermark of a document from some of its pages.

    A mark that stands once on each page cannot be told from its page, but over the pages. Six to
    ten pages are enough; all are held in memory.

    Args:
        pages: (H, W, 3) each, of like resolution.
        options: see :class:`StripOptions`.
    """
    layers = [_layer(_without_seals(PageImage(page), options), options) for page in pages]
    pattern = learn_pattern(layers) if layers else None
    return Marks(() if pattern is None else (pattern,))


class _Veiled(NamedTuple):
    share: Floats  # (H, W) of its light that each pixel loses to the marks
    marks: list[FoundMark]
    pattern: Pattern | None


def _find_marks(tones: Tones, options: StripOptions, marks: Marks | None) -> _Veiled | None:
    """Marks that repeat, by their pattern; others by their tone; None: there are none."""
    layer = _layer(tones, options)
    pattern, places = _known_or_learnt(layer, marks)
    shape = tones.dark.shape[0], tones.dark.shape[1]
    share = np.zeros(shape, dtype=np.float32)
    found: list[FoundMark] = []
    covered = np.zeros(shape, dtype=bool)
    if pattern is not None:
        laid, covered = lay(pattern, places, shape)
        share = laid / np.float32(255)
        darkness = 255 * float(share.max())
        outlines = outline_places(pattern, places)
        found = [FoundMark(polygon, darkness, repeats=True) for polygon in outlines]
    if pattern is None or _more_seeds(layer, covered, options):
        veil = find_veil(tones, options)
        veil = None if veil is None else veil._replace(mask=veil.mask & ~covered)
    else:
        veil = None
    if veil is not None and veil.mask.any():
        loose = veil_share(veil)
        share = np.maximum(share, loose)
        polygons = outline_marks(loose > CORE * loose.max(), tones.ink.text_height)
        found += [
            FoundMark(polygon, 255 * float(loose.max()), repeats=False) for polygon in polygons
        ]
    return _Veiled(share, found, pattern) if share.any() else None


def _more_seeds(layer: Layer, covered: Mask, options: StripOptions) -> bool:
    """Whether strokes of a mark lie where its pattern does not."""
    seeds = layer.seeds > 0
    seeds &= shrunk(covered.astype(np.uint8), STEP) == 0
    # At the edge lie the lid of the scanner and what a turn of the page has stretched.
    y, x = (int(EDGE_SHARE * side) for side in seeds.shape)
    inner = seeds[y : seeds.shape[0] - y, x : seeds.shape[1] - x]
    return bool(inner.sum() >= options.min_share * seeds.size)


def _known_or_learnt(layer: Layer, marks: Marks | None) -> tuple[Pattern | None, list[Place]]:
    """The pattern of the page and its places: one of those that are known, or a new one."""
    for pattern in () if marks is None else marks.patterns:
        if places := find_places(pattern, layer):
            return pattern, places
    learnt = learn_pattern([layer])
    places = [] if learnt is None else find_places(learnt, layer)
    return (learnt, places) if len(places) >= LEAST_PLACES else (None, [])


def _layer(tones: Tones, options: StripOptions) -> Layer:
    return make_layer(tones, tones.ink.threshold, options.min_glyph)


def _without_seals(page: PageImage, options: StripOptions) -> Tones:
    if seals := find_seals(page.rgb, page.ink.text_height, options):
        page = page.replaced(lift_seals(page.rgb, seals).page)
    return measure_tones(page)
