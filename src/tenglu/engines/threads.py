"""How many threads the numeric libraries may start. Light: it must run before they are imported."""

import os

LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def limit_threads() -> None:
    """One thread for each library that is imported from now on, unless the user said otherwise.

    The libraries look once, as they are imported. Pages are read side by side by processes; threads
    of each on top would only fight for the same cores.
    """
    for name in LIMITS:
        os.environ.setdefault(name, "1")
