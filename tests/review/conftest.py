"""What the tests of the desk share."""

import pytest

import office


@pytest.fixture
def out(tmp_path):
    """A folder with one document: 12 rows of figures, four of them doubtful."""
    return office.folder(tmp_path)
