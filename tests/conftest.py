"""What all tests share: random draws, and the one engine, which takes seconds to start."""

import pytest
from hypothesis import settings

from tenglu.engines.interface import Engine
from tenglu.engines.paddle import PaddleSpec
from tenglu.engines.registry import open_engine

# The gate draws the same examples each time; --hypothesis-profile search looks for new ones.
settings.register_profile("gate", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None, print_blob=True)
settings.load_profile("gate")


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The real engine with the weights that come with tenglu."""
    return open_engine(PaddleSpec(threads=2))
