"""Morphological closing and opening along the rows of a mask.

Eight rows are packed into the bits of one, so that each operation handles eight pixels at once.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Mask

Packed = NDArray[np.uint8]
"""(ceil(H / 8), W) uint8; bit k of row i is the pixel of row 8 i + k."""

BITS = 8
FULL = 255


def pack(mask: NDArray[np.uint8] | Mask) -> Packed:
    """Pack an (H, W) mask of 0 and 1."""
    packed = np.zeros((-(-mask.shape[0] // BITS), mask.shape[1]), np.uint8)
    pixels = mask.view(np.uint8)
    for k in reversed(range(BITS)):
        rows = pixels[k::BITS]
        np.add(packed, packed, out=packed)  # shift left by one; faster than np.left_shift
        np.bitwise_or(packed[: len(rows)], rows, out=packed[: len(rows)])
    return packed


def unpack(packed: Packed, height: int) -> NDArray[np.uint8]:
    """Return the (H, W) mask of 0 and 1 that was packed."""
    mask = np.empty((height, packed.shape[1]), np.uint8)
    for k in range(BITS):
        rows = mask[k::BITS]
        np.bitwise_and(packed[: len(rows)] >> k, 1, out=rows)
    return mask


def closed(packed: Packed, gap: int) -> Packed:
    """Close gaps along x shorter than ``gap`` px (odd); pixels beyond the page count as set."""
    half = gap // 2
    grown = _over(np.bitwise_or, _padded(packed, half, 0), gap)
    return _over(np.bitwise_and, _padded(grown, half, FULL), gap)


def opened(packed: Packed, length: int) -> Packed:
    """Keep runs along x of at least ``length`` px, half of which may lie beyond the page."""
    half = length // 2
    kept = _over(np.bitwise_and, _padded(packed, half, FULL), length)
    whole = _over(np.bitwise_or, _padded(kept, length - 1, 0), length)
    return whole[:, half : half + packed.shape[1]]


def bridged(packed: Packed, gap: float, length: float) -> Packed:
    """Close gaps up to ``gap`` px, then keep runs along x of at least ``length`` px."""
    return opened(closed(packed, round(gap) | 1), max(3, round(length)))


def _padded(packed: Packed, margin: int, value: int) -> Packed:
    """Add columns of one value at both sides."""
    wide = np.full((packed.shape[0], packed.shape[1] + 2 * margin), value, np.uint8)
    wide[:, margin : margin + packed.shape[1]] = packed
    return wide


def _over(unite: Callable[[Packed, Packed], Packed], packed: Packed, width: int) -> Packed:
    """Combine each pixel with those after it, ``width`` in all; the result is narrower by that."""
    done = 1
    while done < width:
        step = min(done, width - done)
        packed = unite(packed[:, :-step], packed[:, step:])
        done += step
    return packed
