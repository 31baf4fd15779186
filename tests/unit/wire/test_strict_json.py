"""JSON is read as the standard has it, and nothing that readers disagree on is let through."""

import json
import math
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud_api_lambda.wire.strict_json import DEEPEST, MalformedJsonError, loads

NUMBERS = st.integers(-(10**18), 10**18) | st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)

REFUSED = {
    "nothing": b"",
    "half an object": b'{"a": 1',
    "two values": b"{} {}",
    "single quotes": b"{'a': 1}",
    "a comma too many": b"[1,]",
    "a comment": b"{} // no",
    "a control character": b'{"a": "\x01"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "Latin-1": '{"a": "ü"}'.encode("latin-1"),
    "a surrogate in bytes": b'{"a": "\xed\xa0\x80"}',
    "a lone high surrogate": rb'{"a": "\ud800"}',
    "a lone low surrogate in a key": rb'{"\udc00": 1}',
    "surrogates the wrong way round": rb'["\ude00\ud83d"]',
    "NaN": b'{"a": NaN}',
    "Infinity": b"[Infinity]",
    "minus Infinity": b"[-Infinity]",
    "a number beyond binary64": b'{"a": 1e400}',
    "one below it": b'{"a": -1e400}',
    "the first that is too large": b"1.7976931348623159e308",
    "an integer beyond binary64": b"9" * 400,
    "an integer of thousands of digits": b'{"a": ' + b"9" * 7_000 + b"}",
    "a duplicate key": b'{"a": 1, "a": 1}',
    "a duplicate key spelt otherwise": rb'{"a": 1, "\u0061": 2}',
    "a duplicate key within": b'{"a": [{"b": 1, "b": 2}]}',
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_what_the_standard_does_not_have_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedJsonError):
        loads(body)


@pytest.mark.parametrize("shape", [(b"[", b"1", b"]"), (b'{"a":', b"1", b"}"), (b"[", b"", b"]")])
def test_only_so_many_levels_of_nesting_are_read(shape: tuple[bytes, bytes, bytes]) -> None:
    opening, inside, closing = shape

    loads(opening * DEEPEST + inside + closing * DEEPEST)
    for deeper in (DEEPEST + 1, 100_000):
        with pytest.raises(MalformedJsonError, match="too deeply"):
            loads(opening * deeper + inside + closing * deeper)


@given(value=VALUES, escaped=st.booleans(), indent=st.none() | st.integers(0, 3))
def test_ordinary_json_is_read_as_python_reads_it(
    value: Any, escaped: bool, indent: int | None
) -> None:
    text = json.dumps(value, ensure_ascii=escaped, indent=indent).encode()

    assert repr(loads(text)) == repr(value)


@given(body=st.binary())
def test_any_bytes_are_read_as_python_does_or_refused(body: bytes) -> None:
    with suppress(MalformedJsonError):
        assert repr(loads(body)) == repr(json.loads(body))


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert loads(rb'"\ud83d\ude00"') == "\U0001f600"


def test_the_largest_float_is_read() -> None:
    assert loads(b"1.7976931348623157e308") == math.nextafter(math.inf, 0)


def test_an_integer_that_is_too_long_is_read_as_a_float() -> None:
    value = loads(b"1" + b"0" * 30)

    assert isinstance(value, float)
    assert value == 1e30


@pytest.mark.parametrize("digits", [b"9", b"0.", b"1e-"])
def test_a_hostile_number_of_a_quarter_megabyte_costs_no_time(digits: bytes) -> None:
    began = time.process_time()
    with suppress(MalformedJsonError):
        loads(digits + b"7" * 2**18)

    assert time.process_time() - began < 0.5


def test_a_refusal_repeats_nothing_of_the_text() -> None:
    with pytest.raises(MalformedJsonError) as refused:
        loads(b'{"canary": canary}')

    assert str(refused.value) == "the body is not JSON at character 11"
