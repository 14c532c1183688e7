"""What keeps the packages that tenglu stands on off the network. Light: it runs before them.

Each looks once, as it is imported or started.
"""

import os

SILENCE = {
    # ONNX Runtime 1.32 gives the machine an identity, keeps a database of events in the user's
    # cache and uploads it.
    "ORT_DISABLE_TELEMETRY": "1",
    "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True",  # else PaddleX asks which model hub answers
    "RAY_USAGE_STATS_ENABLED": "0",
}


def stay_offline() -> None:
    """Silence the packages that are imported from now on, unless the user said otherwise."""
    for name, value in SILENCE.items():
        os.environ.setdefault(name, value)
