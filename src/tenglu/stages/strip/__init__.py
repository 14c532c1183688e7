"""Remove watermarks and seals from a page and preserve the ink.

The input array is not modified: the result holds a new image, the mask of changed pixels and the
marks that were found. A page without marks is returned unchanged, byte for byte.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tenglu.imaging.arrays import Mask, Rgb
from tenglu.imaging.ink import EDGE_SHARE
from tenglu.imaging.page_image import PageImage
from tenglu.stages.strip.gray_stamps import find_gray_stamps
from tenglu.stages.strip.layer import Layer, make_layer
from tenglu.stages.strip.options import DEFAULTS, StripOptions
from tenglu.stages.strip.outline import outline_marks, outline_places
from tenglu.stages.strip.pattern import LEAST_PLACES, learn_pattern
from tenglu.stages.strip.places import Pattern, Place, find_places, render_pattern
from tenglu.stages.strip.result import FoundMark, FoundSeal, Impression, Marks, Stripped
from tenglu.stages.strip.seals import find_seals, remove_seals
from tenglu.stages.strip.tones import STEP, Floats, Tones, measure_tones, shrunk
from tenglu.stages.strip.unblend import unblend
from tenglu.stages.strip.watermark import find_tonal_mark, mark_opacity

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

CORE = 0.5  # of the maximum opacity of a mark: its strokes without their soft edges


def strip(
    page: Rgb | PageImage, options: StripOptions = DEFAULTS, marks: Marks | None = None
) -> Stripped:
    """Remove watermarks and seals from a page.

    Args:
        page: (H, W, 3) uint8 RGB, in any orientation.
        options: see :class:`StripOptions`.
        marks: watermarks of the document, see :func:`learn_marks`; None: learn from this page.

    Returns:
        The cleaned page, the (H, W) mask of changed pixels, and the marks and seals found.

    Raises:
        TypeError: the page is not an array of uint8.
        ValueError: the page is empty or not of shape (H, W, 3).
    """
    page = PageImage.of(page)
    removed = np.zeros(page.rgb.shape[:2], dtype=bool)
    impressions: list[Impression] = []
    seals = find_seals(page.rgb, page.ink.text_height, options)
    if seals:
        image, removed, impressions = remove_seals(page.rgb, seals)
        page = page.replaced(image)
    tones = measure_tones(page)
    stamps = find_gray_stamps(tones.dark, page.ink) if seals is None else [s.found for s in seals]
    watermarks = _find_marks(tones, options, marks)
    if watermarks is None:
        return Stripped(page, removed, [], stamps, None, impressions)
    image, changed = unblend(page.rgb, tones, watermarks.opacity)
    page, removed = page.replaced(image), removed | changed
    return Stripped(page, removed, watermarks.marks, stamps, watermarks.pattern, impressions)


def learn_marks(pages: Sequence[Rgb], options: StripOptions = DEFAULTS) -> Marks:
    """Learn the watermark of a document from some of its pages.

    A mark that occurs once per page cannot be separated from a single page, but it repeats across
    pages. Six to ten pages are enough; all of them are held in memory.

    Args:
        pages: (H, W, 3) uint8 RGB each, of similar resolution.
        options: see :class:`StripOptions`.

    Returns:
        The learnt patterns; none if nothing repeats.

    Raises:
        TypeError: a page is not an array of uint8.
        ValueError: a page is empty or not of shape (H, W, 3).
    """
    layers = [_layer(_without_seals(PageImage(page), options), options) for page in pages]
    pattern = learn_pattern(layers) if layers else None
    return Marks(() if pattern is None else (pattern,))


class _Watermarks(NamedTuple):
    opacity: Floats  # (H, W) share of light that each pixel loses to the marks, 0 to 1
    marks: list[FoundMark]
    pattern: Pattern | None


def _find_marks(tones: Tones, options: StripOptions, marks: Marks | None) -> _Watermarks | None:
    """Find repeated marks by their pattern and others by their tone; None: there are none."""
    layer = _layer(tones, options)
    pattern, places = _known_or_learnt(layer, marks)
    shape = tones.dark.shape[0], tones.dark.shape[1]
    opacity = np.zeros(shape, dtype=np.float32)
    found: list[FoundMark] = []
    covered = np.zeros(shape, dtype=bool)
    if pattern is not None:
        rendered, covered = render_pattern(pattern, places, shape)
        opacity = rendered / np.float32(255)
        darkness = 255 * float(opacity.max())
        outlines = outline_places(pattern, places)
        found = [FoundMark(polygon, darkness, repeats=True) for polygon in outlines]
    if pattern is None or _more_seeds(layer, covered, options):
        single = find_tonal_mark(tones, options)
        single = None if single is None else single._replace(mask=single.mask & ~covered)
    else:
        single = None
    if single is not None and single.mask.any():
        its_opacity = mark_opacity(single)
        opacity = np.maximum(opacity, its_opacity)
        strongest = its_opacity.max()
        polygons = outline_marks(its_opacity > CORE * strongest, tones.ink.text_height)
        found += [FoundMark(polygon, 255 * float(strongest), repeats=False) for polygon in polygons]
    return _Watermarks(opacity, found, pattern) if opacity.any() else None


def _more_seeds(layer: Layer, covered: Mask, options: StripOptions) -> bool:
    """Return whether large mid-toned strokes lie outside the known places of the pattern."""
    seeds = layer.seeds > 0
    seeds &= shrunk(covered.astype(np.uint8), STEP) == 0
    # The page edge may show the scanner lid and pixels stretched by deskewing.
    y, x = (int(EDGE_SHARE * side) for side in seeds.shape)
    inner = seeds[y : seeds.shape[0] - y, x : seeds.shape[1] - x]
    return bool(inner.sum() >= options.min_share * seeds.size)


def _known_or_learnt(layer: Layer, marks: Marks | None) -> tuple[Pattern | None, list[Place]]:
    """Return a known pattern that occurs on the page, or learn a new one; with its places."""
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
        page = page.replaced(remove_seals(page.rgb, seals).page)
    return measure_tones(page)
