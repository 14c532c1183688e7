"""The array types that stages exchange, and the check at their door."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]
"""(H, W, 3) colour picture, 0 is black."""

Gray = NDArray[np.uint8]
"""(H, W) tone, 0 is black, 255 is paper."""

Mask = NDArray[np.bool_]
"""(H, W) True where something is."""

Matrix = NDArray[np.float64]
"""(3, 3) projective map of points (x, y, 1), pixels to pixels."""

N_CHANNELS = 3


def check_rgb(image: NDArray[Any]) -> Rgb:
    """Return ``image`` unchanged if it is a colour picture.

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
