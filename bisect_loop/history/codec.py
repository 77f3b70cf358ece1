"""Model values to JSON and back, in one place. Pure.

Works from the type hints of the dataclasses in `bisect_loop.model`, so that a new field needs no line here. A
field that holds its default is left out, which keeps 10,000 passed outcomes small; a field that is unknown when
read back is ignored and one that is missing takes its default, so that a store survives additions to the model.
The price: the default of a field, once stored, must keep its meaning.

Text is exact, lone surrogates included: node ids made from file names that are not UTF-8 hold them.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
import zlib
from collections.abc import Callable
from enum import Enum
from typing import Any, Literal, TypeVar, Union

T = TypeVar("T")

_Convert = Callable[[Any], Any]
_ENCODERS: dict[type, _Convert] = {}
_DECODERS: dict[Any, _Convert] = {}


class CodecError(ValueError):
    """Stored data that is not, or is no longer, a value of the type asked for."""


def encode(value: Any) -> Any:
    """Return `value` (a dataclass of the model, or plain values in tuples) as what `json` can write."""
    return _encoder(type(value))(value)


def decode(cls: type[T], data: Any) -> T:
    """Return the `cls` that `encode` made `data` from. Raises CodecError where it did not."""
    try:
        return typing.cast(T, _decoder(cls)(data))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise CodecError(f"not a stored {cls.__name__}: {error}") from error


def pack(value: Any) -> bytes:
    """Return `value` as compressed JSON, for a BLOB column."""
    text = json.dumps(encode(value), ensure_ascii=False, separators=(",", ":"))
    # Not json's own \\u escapes: two lone surrogates side by side would come back as one character.
    return zlib.compress(text.encode("utf-8", "surrogatepass"), 3)


def unpack(cls: type[T], blob: bytes) -> T:
    """Return the `cls` that `pack` made `blob` from. Raises CodecError where it did not."""
    try:
        data = json.loads(zlib.decompress(blob).decode("utf-8", "surrogatepass"))
    except (zlib.error, ValueError, TypeError) as error:
        raise CodecError(f"not a stored {cls.__name__}: {error}") from error
    return decode(cls, data)


def _same(value: Any) -> Any:
    return value


def _encoder(cls: type) -> _Convert:
    if cls not in _ENCODERS:
        _ENCODERS[cls] = _make_encoder(cls)
    return _ENCODERS[cls]


def _decoder(hint: Any) -> _Convert:
    if hint not in _DECODERS:
        _DECODERS[hint] = _make_decoder(hint)
    return _DECODERS[hint]


def _make_encoder(cls: type) -> _Convert:
    """Return what encodes values of the class `cls`; a union's or a tuple's members are looked up one by one."""
    if issubclass(cls, Enum):
        return lambda value: value.value
    if cls in (tuple, list):
        return lambda values: [_encoder(type(value))(value) for value in values]
    if not dataclasses.is_dataclass(cls):
        return _same
    fields = [(field.name, _default(field)) for field in dataclasses.fields(cls)]

    def to_dict(value: Any) -> dict[str, Any]:
        data = {}
        for name, default in fields:
            held = getattr(value, name)
            # `is` and the type: True == 1 and 0 == 0.0, and -0.0 == 0.0.
            if held is default or (held == default and type(held) is type(default) and not isinstance(held, float)):
                continue
            data[name] = _encoder(type(held))(held)
        return data

    return to_dict


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return dataclasses.MISSING


def _make_decoder(hint: Any) -> _Convert:
    """Return what decodes JSON into the type `hint` stands for."""
    origin, members = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        return _tuple_decoder(members)
    if origin in (Union, types.UnionType):
        (one,) = [member for member in members if member is not types.NoneType]
        convert = _decoder(one)
        return lambda data: None if data is None else convert(data)
    if origin is Literal:
        return _checked(lambda data: data in members, _same, str(hint))
    if dataclasses.is_dataclass(hint):
        return _dataclass_decoder(typing.cast(type, hint))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if hint is float:
        return _checked(lambda data: isinstance(data, (int, float)) and not isinstance(data, bool), float, "float")
    return _checked(lambda data: type(data) is hint, _same, hint.__name__)


def _checked(good: Callable[[Any], bool], convert: _Convert, name: str) -> _Convert:
    def check(data: Any) -> Any:
        if not good(data):
            raise ValueError(f"{data!r:.60} is no {name}")
        return convert(data)

    return check


def _tuple_decoder(members: tuple[Any, ...]) -> _Convert:
    if members[1:] == (Ellipsis,):
        each = _decoder(members[0])
        return lambda data: tuple([each(item) for item in data])
    all_of = [_decoder(member) for member in members]

    def fixed(data: Any) -> Any:
        if len(data) != len(all_of):
            raise ValueError(f"{len(all_of)} values wanted, {len(data)} stored")
        return tuple(convert(item) for convert, item in zip(all_of, data, strict=True))

    return fixed


def _dataclass_decoder(cls: type) -> _Convert:
    hints = typing.get_type_hints(cls)
    converters = {field.name: _decoder(hints[field.name]) for field in dataclasses.fields(cls)}

    def from_dict(data: Any) -> Any:
        return cls(**{name: converters[name](value) for name, value in data.items() if name in converters})

    return from_dict
