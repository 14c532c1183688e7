import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from page_results import CAPTIONS, FIRST, line, page_result, reading, table
from tenglu.model import Flag, FlagCode
from tenglu.stages.assemble.page_result import MarkReading
from tenglu.workers.codec import CodecError, decode, encode

BOX = ((0.1, 0.2), (1 / 3, 0.2), (1 / 3, 2e-9), (0.1, 2e-9))
FULL = page_result(
    3,
    [table(FIRST, merged=[(0, 0, 1, 1)])],
    CAPTIONS,
    dpi=None,
    skew=-0.1 - 0.2,
    to_scan=np.random.default_rng(1).random((3, 3)),
    marks=[MarkReading(None, None, BOX), MarkReading("仅供\ud83d 内部", 0.5, BOX)],
    flags=(Flag(code=FlagCode.LOW_RESOLUTION, message="…", page=3),),
)


def same(one, other) -> bool:
    return np.array_equal(one.to_scan, other.to_scan) and one._replace(to_scan=0) == other._replace(
        to_scan=0
    )


def test_a_leaf_comes_back_to_the_last_bit():
    back = decode(encode(FULL))
    assert same(back, FULL)
    assert back.to_scan.dtype == np.float64
    assert [type(grid) for grid in back.grids] == [type(grid) for grid in FULL.grids]
    assert isinstance(back.flags[0], Flag)
    assert encode(back) == encode(FULL)


@given(
    texts=st.lists(st.text(max_size=9), max_size=5),
    number=st.floats(0, 1),
    skew=st.floats(allow_nan=False, allow_infinity=False),
)
def test_any_text_and_any_number(texts, number, skew):
    lines = [line("x", 100, 100)._replace(reading=reading(text, number)) for text in texts]
    drawn = page_result(1, (), lines, skew=skew)
    assert same(decode(encode(drawn)), drawn)


def test_numbers_of_numpy_become_plain_ones():
    back = decode(
        encode(page_result(np.int64(1), skew=np.float64(0.25), text_height=np.float32(0.5)))
    )
    assert (back.number, back.skew, back.text_height) == (1, 0.25, 0.5)
    assert [type(v) for v in (back.number, back.skew, back.text_height)] == [int, float, float]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no page_result",
        encode(FULL)[:-9],
        zlib.compress(b"{}"),
        zlib.compress(b"[1, 2]"),
        zlib.compress(b"null"),
        zlib.compress(b"[" * 100_000),
        zlib.compress(bytes(1 << 29)),
    ],
    ids=["empty", "garbage", "torn", "object", "short", "null", "deep", "bomb"],
)
def test_what_is_no_leaf_is_refused(data):
    with pytest.raises(CodecError):
        decode(data)
