"""Logistic regression by Newton's method, on cases and on pairs of which one must win."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]
STEPS, LONGEST, CLIP = 120, 2.0, 40.0  # of the descent
RIDGE = 2.0  # against weights that few cases ask for
TINY = 1e-9


def fit(
    seen: Sequence[Mapping[str, float]],
    right: Sequence[bool],
    weight: Sequence[float],
    pairs: Sequence[tuple[int, int]] = (),
) -> dict[str, Any]:
    """Bias and weights of a logistic model.

    Args:
        seen: features of each case.
        right: what is to be told.
        weight: how much each case counts.
        pairs: cases of which the first is to be likelier than the second.
    """
    names = list(seen[0])
    x = np.array([[case[name] for name in names] for case in seen])
    middle, spread = x.mean(axis=0), x.std(axis=0) + TINY
    z = np.hstack([(x - middle) / spread, np.ones((len(x), 1))])
    y, w = np.array(right, float), np.array(weight, float)
    first, second = np.array(pairs, int).reshape(-1, 2).T
    apart, own = z[first] - z[second], w[first]
    v = np.zeros(z.shape[1])
    for _ in range(STEPS):
        p, q = sigmoid(z @ v), sigmoid(apart @ v)
        slope = z.T @ (w * (p - y)) + apart.T @ (own * (q - 1)) + RIDGE * v
        bend = (z.T * (w * p * (1 - p))) @ z + (apart.T * (own * q * (1 - q))) @ apart
        step = np.linalg.solve(bend + RIDGE * np.eye(len(v)), slope)
        v -= step * min(1.0, LONGEST / max(TINY, float(np.abs(step).max())))
    weights = v[:-1] / spread
    bias = float(v[-1] - weights @ middle)
    named = zip(names, weights.tolist(), strict=True)
    return {"bias": round(bias, 4), "weights": {name: round(value, 4) for name, value in named}}


def sigmoid(score: Array) -> Array:
    chance: Array = 1 / (1 + np.exp(-np.clip(score, -CLIP, CLIP)))
    return chance


def scores(model: Mapping[str, Any], seen: Sequence[Mapping[str, float]]) -> Array:
    """Logarithm of the odds of each case."""
    weights = model["weights"]
    return np.array(
        [model["bias"] + sum(w * case[name] for name, w in weights.items()) for case in seen]
    )


def calibrated(
    model: dict[str, Any], score: Array, right: Sequence[bool], weight: Sequence[float]
) -> dict[str, Any]:
    """The model stretched and shifted so that its chances are true of the cases."""
    cases = [{"score": float(value)} for value in score]
    over = fit(cases, right, weight)
    stretch, shift = over["weights"]["score"], over["bias"]
    return {
        "bias": round(model["bias"] * stretch + shift, 4),
        "weights": {name: round(w * stretch, 4) for name, w in model["weights"].items()},
    }
