"""Array types that stages exchange, and validation of the images they are given."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]
"""(H, W, 3) uint8 RGB image, 0 is black."""

Gray = NDArray[np.uint8]
"""(H, W) uint8 tone or darkness, 0 to 255; each function states which."""

Mask = NDArray[np.bool_]
"""(H, W) boolean mask."""

Matrix = NDArray[np.float64]
"""(3, 3) homography of points (x, y, 1), from pixels to pixels."""

N_CHANNELS = 3


def check_rgb(image: NDArray[Any]) -> Rgb:
    """Return ``image`` unchanged if it is a valid RGB image.

    Raises:
        TypeError: not an array of uint8.
        ValueError: not of shape (H, W, 3), or empty.
    """
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
        kind = getattr(image, "dtype", type(image).__name__)
        raise TypeError(f"expected an array of uint8 with shape (H, W, 3), got {kind}")
    if image.ndim != N_CHANNELS or image.shape[2] != N_CHANNELS or image.size == 0:
        raise ValueError(f"expected shape (H, W, 3) with H, W >= 1, got {image.shape}")
    return image
