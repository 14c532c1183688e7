"""Runs of packed masks: the same as on the pixels, one at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tenglu.imaging.runs import closed, opened, pack, unpack

masks = npst.arrays(np.bool_, npst.array_shapes(min_dims=2, max_dims=2, max_side=40))


def runs_of(row: np.ndarray) -> list[tuple[int, int]]:
    """(first, end) of each run of what is set."""
    edges = np.flatnonzero(np.diff(np.r_[False, row, False].astype(int)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


@given(masks)
def test_what_was_packed_is_unpacked(mask):
    assert np.array_equal(unpack(pack(mask), len(mask)), mask)


@given(masks, st.integers(1, 30))
def test_short_runs_go_and_long_ones_stay_as_they_were(mask, length):
    mask[:, [0, -1]] = False  # no run goes on beside the page
    found = unpack(opened(pack(mask), length), len(mask))
    expected = np.zeros_like(mask)
    for row, kept in zip(mask, expected, strict=True):
        for first, end in runs_of(row):
            kept[first:end] = end - first >= length
    assert np.array_equal(found, expected)


@given(masks, st.integers(1, 15))
def test_gaps_are_closed_up_to_their_length(mask, half):
    gap = 2 * half + 1
    mask = np.pad(mask, ((0, 0), (gap, gap)))
    found = unpack(closed(pack(mask), gap), len(mask))
    expected = mask.copy()
    for row, filled in zip(mask, expected, strict=True):
        for first, end in runs_of(~row):
            if first > 0 and end < len(row):
                filled[first:end] = end - first < gap
    assert np.array_equal(found, expected)


@pytest.mark.parametrize(("length", "stays"), [(20, True), (21, False)])
def test_half_of_a_run_may_lie_beside_the_page(length, stays):
    mask = np.zeros((3, 60), np.bool_)
    mask[1, 50:] = True
    assert unpack(opened(pack(mask), length), 3).any() == stays
