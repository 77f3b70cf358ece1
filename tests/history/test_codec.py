"""What goes into the store comes out of it."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from enum import Enum
from typing import Any, Literal, Union

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bisect_loop.history import FindingContext
from bisect_loop.history.codec import CodecError, decode, encode, pack, unpack
from bisect_loop.model import Ending, Finding, Outcome, RunReport, Trial, TrialResult

TEXTS = st.text(st.characters(), max_size=8) | st.sampled_from(
    ["", "tests/test_ü.py::test[a b]", "a::b\nc", "\udc80\udcff", "\ud800\udc00", "\x00\x1b[31m", "'\"\\", "…"]
)


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Every value that the type hints of the model allow."""
    origin, members = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple and members[1:] == (Ellipsis,):
        return st.lists(values_of(members[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(values_of, members))
    if origin in (Union, types.UnionType):
        return st.one_of(*map(values_of, members))
    if origin is Literal:
        return st.sampled_from(members)
    if dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        fields = {field.name: values_of(hints[field.name]) for field in dataclasses.fields(hint)}
        return st.builds(hint, **fields)
    if issubclass(hint, Enum):
        return st.sampled_from(hint)
    plain = {
        str: TEXTS,
        int: st.integers(),
        float: st.floats(allow_nan=False),
        bool: st.booleans(),
        types.NoneType: st.none(),
    }
    return plain[hint]


@pytest.mark.parametrize("cls", [Trial, TrialResult, Finding, FindingContext, RunReport])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_every_value_comes_back_as_it_was(cls: type, data: st.DataObject) -> None:
    """Any value, with surrogates, newlines and non-ASCII text, is equal after a round trip, its type included."""
    value = data.draw(values_of(cls))

    assert unpack(cls, pack(value)) == value
    assert repr(decode(cls, encode(value))) == repr(value)


def test_defaults_are_left_out() -> None:
    """A passed outcome takes no room for what it does not say."""
    assert encode(Outcome("a", "passed")) == {"nodeid": "a", "result": "passed"}


def test_a_full_order_is_stored_compactly() -> None:
    """10,000 outcomes with their durations take less than 15 bytes each."""
    outcomes = (Outcome(f"tests/test_{i // 50}.py::test_number_{i}", "passed", (), i * 1.7e-5) for i in range(10_000))

    assert len(pack(TrialResult(tuple(outcomes), Ending.FINISHED, "fork"))) < 150_000


def test_additions_to_the_model_do_not_spoil_older_or_newer_data() -> None:
    """A field that is not known is ignored; one that is not there takes its default."""
    assert decode(Outcome, {"nodeid": "a", "result": "passed", "colour": "green"}) == Outcome("a", "passed")


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        {"nodeid": "a"},
        {"nodeid": 3, "result": "passed"},
        {"nodeid": "a", "result": "exploded"},
        {"nodeid": "a", "result": "passed", "seconds": True},
        {"nodeid": "a", "result": "passed", "signatures": 3},
    ],
)
def test_what_is_no_such_value_is_refused(stored: object) -> None:
    """Data of another shape raises CodecError and nothing else."""
    with pytest.raises(CodecError):
        decode(Outcome, stored)


@pytest.mark.parametrize("blob", [b"", b"not compressed", pack(Outcome("a", "passed"))[:-3]])
def test_a_damaged_blob_is_refused(blob: bytes) -> None:
    """Cut or foreign bytes raise CodecError and nothing else."""
    with pytest.raises(CodecError):
        unpack(Outcome, blob)


def test_the_encoding_is_plain_json() -> None:
    """What `encode` returns holds only what the json module writes."""
    outcome = Outcome("a", "failed", (), 0.5)

    assert json.loads(json.dumps(encode(outcome))) == encode(outcome)
