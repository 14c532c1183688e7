"""Drawn lines that type touches: solid runs of ink, longer than any stroke.

Where type stands on a rule the line is not thin there, and falls into pieces for whoever looks for
thin lines. Its own pixels go on from end to end all the same.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from tenglu.imaging.arrays import Gray
from tenglu.imaging.ink import Ink
from tenglu.imaging.ruling_line import MAX_THICKNESS, Rule, traced_rules

UNBROKEN = 6.0  # text heights of ink without a gap; no stroke is as long
LEAST = 8.0  # text heights of such a rule
KNOWN = 0.5  # share of a run along which a rule was found already
NEAR = 0.3  # text heights between a run and the rule that it is


def find_touched_rules(dark: Gray, ink: Ink, known: Sequence[Rule]) -> list[Rule]:
    """Find rules along x that the search for thin lines has missed.

    Args:
        dark: (H, W) darkness.
        ink: of the page.
        known: rules that were found.
    """
    text_height = ink.text_height
    inked = dark > ink.threshold
    length = max(3, round(UNBROKEN * text_height))
    solid = cv2.morphologyEx(inked.view(np.uint8), cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    heavy = np.ones((max(3, round(MAX_THICKNESS * text_height)), 1), np.uint8)
    solid &= ~cv2.dilate(cv2.morphologyEx(solid, cv2.MORPH_OPEN, heavy), heavy)
    found = traced_rules(solid, dark, text_height)
    return [
        rule
        for rule in found
        if rule.length >= LEAST * text_height and not _is_known(rule, known, NEAR * text_height)
    ]


def _is_known(run: Rule, known: Sequence[Rule], near: float) -> bool:
    shared = 0.0
    for rule in known:
        both = min(run.end, rule.end) - max(run.start, rule.start)
        if both > 0 and float(np.abs(rule.at(run.along) - run.across).min()) <= near:
            shared += both
    return shared >= KNOWN * run.length
