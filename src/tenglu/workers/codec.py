"""Page results as bytes: compact, and safe to read back from a disk that others may write to.

How a page result is encoded follows from its types, so a new field needs no code here. Numbers come
back to the last bit.
"""

import base64
import json
import types
import zlib
from collections.abc import Callable
from enum import Enum
from functools import cache
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import numpy as np
from pydantic import BaseModel, ValidationError

from tenglu.stages.assemble import PageResult

LEVEL = 6  # of compression; 9 takes twice as long for 2 % less
MAX_BYTES = 1 << 28  # of one page result, decoded; a page of 100,000 characters has some 10 MB
NUMBERS = "biuf"  # kinds of arrays that may be stored: no objects


class CodecError(ValueError):
    """Bytes that are no page result of this version."""


class _Codec(NamedTuple):
    """How values of one type become JSON, and come back."""

    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


def encode(page_result: PageResult) -> bytes:
    """Turn a page result into bytes; the same page result gives the same bytes."""
    values = _codec(PageResult).encode(page_result)
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode("utf-8", "surrogatepass"), LEVEL)


def decode(data: bytes) -> PageResult:
    """Turn bytes into the page result that they were.

    Raises:
        CodecError: damaged, or encoded by another version.
    """
    try:
        unzip = zlib.decompressobj()
        text = unzip.decompress(data, MAX_BYTES)
        if not unzip.eof:
            raise CodecError("a stored page ends early, or is larger than any page")
        page_result: PageResult = _codec(PageResult).decode(
            json.loads(text.decode("utf-8", "surrogatepass"))
        )
    except (zlib.error, TypeError, ValueError, KeyError, RecursionError, ValidationError) as wrong:
        raise CodecError(f"a stored page cannot be read ({wrong})") from wrong
    return page_result


@cache
def _codec(kind: Any) -> _Codec:  # noqa: ANN401 - any type that a page result is made of
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _optional(_codec(next(part for part in parts if part is not types.NoneType)))
    if origin is list or (origin is tuple and parts[-1] is Ellipsis):
        return _row(origin, _codec(parts[0]))
    if origin is tuple:
        return _fixed(lambda *values: values, [_codec(part) for part in parts])
    if origin is np.ndarray:
        return _Codec(_array_to_json, _json_to_array)
    if origin is Literal:
        return _Codec(_same, _same)
    return _plain(kind)


def _plain(kind: type) -> _Codec:
    if issubclass(kind, tuple):
        hints = get_type_hints(kind)
        return _fixed(kind, [_codec(hint) for hint in hints.values()])
    if issubclass(kind, BaseModel):
        return _Codec(lambda model: model.model_dump(mode="json"), kind.model_validate)
    if issubclass(kind, Enum):
        return _Codec(lambda member: member.value, kind)
    # Numbers of numpy among them: what they hold is kept, what they are is not.
    if kind in (int, float, bool, str):
        return _Codec(kind, kind)
    raise TypeError(f"{kind} cannot be stored; page results are made of plain values")


def _same(value: Any) -> Any:  # noqa: ANN401 - a value that JSON knows
    return value


def _optional(codec: _Codec) -> _Codec:
    return _Codec(
        lambda value: None if value is None else codec.encode(value),
        lambda value: None if value is None else codec.decode(value),
    )


def _row(kind: type, codec: _Codec) -> _Codec:
    encode, decode = codec
    return _Codec(
        lambda values: [encode(value) for value in values],
        lambda values: kind([decode(value) for value in values]),
    )


def _fixed(make: Callable[..., Any], codecs: list[_Codec]) -> _Codec:
    encoders = [codec.encode for codec in codecs]
    decoders = [codec.decode for codec in codecs]
    return _Codec(
        lambda values: [encode(v) for encode, v in zip(encoders, values, strict=True)],
        lambda values: make(*(decode(v) for decode, v in zip(decoders, values, strict=True))),
    )


def _array_to_json(array: np.ndarray[Any, Any]) -> list[Any]:
    if array.dtype.kind not in NUMBERS:
        raise TypeError(f"an array of {array.dtype} cannot be stored; page results hold numbers")
    data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
    return [array.dtype.str, list(array.shape), data]


def _json_to_array(values: list[Any]) -> np.ndarray[Any, Any]:
    name, shape, data = values
    kind = np.dtype(name)
    if kind.kind not in NUMBERS:
        raise TypeError(f"an array of {kind} is no part of a page")
    return np.frombuffer(base64.b64decode(data), kind).reshape(shape).copy()
