"""The environment that numeric libraries and engines start in.

Light: it must be set before they are imported, since each looks once, as it is imported.
"""

import os

THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
SILENCE = {
    # ONNX Runtime 1.32 gives the machine an identity, keeps a database of events in the user's
    # cache and uploads it.
    "ORT_DISABLE_TELEMETRY": "1",
    "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True",  # else PaddleX asks which model hub answers
    "RAY_USAGE_STATS_ENABLED": "0",
}


def limit_threads() -> None:
    """Give each library that is imported from now on one thread, unless the user said otherwise.

    Processes read pages side by side; threads of each on top would fight for the same cores.
    """
    for name in THREAD_LIMITS:
        os.environ.setdefault(name, "1")


def stay_offline() -> None:
    """Keep packages that are imported from now on offline, unless the user said otherwise."""
    for name, value in SILENCE.items():
        os.environ.setdefault(name, value)
