"""Hypothesis strategies of the values that the API takes, by the form of their field."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

from fraud_api_lambda.domain.fields import CODE, Field, Form
from fraud_api_lambda.domain.reading import FLAG_WORDS, flag_text

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1).map(
    lambda text: text[:128]
)
SPACED = st.lists(TEXTS, min_size=1, max_size=3).map(lambda words: " ".join(words)[:128].strip())
CODES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=64)
DIGITS = st.integers(-(10**19) + 1, 10**19 - 1)
LOCAL_TIMES = st.builds(
    lambda day, rest: f"{day}{rest}",
    st.dates(date(1000, 1, 1)),
    st.sampled_from(["", " 03:00", "T23:59:59.5", " 00:00:00+0100", "t12:30z"]),
)
MOMENTS = st.builds(lambda day: f"{day}T03:00:00+01:00", st.dates(date(1000, 1, 1)))
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**18), 10**18), st.floats(-1e300, 1e300), SPACED
)


def values_of(field: Field) -> st.SearchStrategy[Any]:
    """The values that a field takes."""
    values = _values_of(field)
    return values if field.required else values | st.none()


def _values_of(field: Field) -> st.SearchStrategy[Any]:
    whole = st.integers(int(field.low), int(field.high))
    values: st.SearchStrategy[Any]
    match field.form:
        case Form.TIME:
            values = LOCAL_TIMES
        case Form.MOMENT:
            values = MOMENTS
        case Form.COUNT:
            values = whole | whole.map(float)
        case Form.MONEY | Form.NUMBER | Form.LATITUDE | Form.LONGITUDE:
            values = st.floats(field.low, field.high) | whole
        case Form.FLAG:
            values = st.sampled_from([*field.values, *flag_equals(field.values)])
        case Form.ANY:
            values = SCALARS
        case Form.CATEGORY if field.closed:
            texts = st.sampled_from(field.values)
            values = texts | texts.map(_as_number) if field.digits else texts
        case _:
            texts = CODES if field.pattern == CODE else SPACED
            values = texts | DIGITS if field.digits else texts
    return values


def flag_equals(values: tuple[str, ...]) -> list[Any]:
    """Other values that are the same as a flag's."""
    others: list[Any] = [*FLAG_WORDS, True, False, 0, 1, 2, -1, 0.0, 1.0, 0.5, "1.0", "0.0"]
    return [each for each in others if flag_text(each) in values]


def _as_number(text: str) -> Any:
    digits = text.removeprefix("-")
    is_number = digits.isascii() and digits.isdigit() and str(int(text)) == text
    return int(text) if is_number else text


def bodies_of(fields: list[Field]) -> st.SearchStrategy[dict[str, Any]]:
    """The payments that fields allow."""
    moment = next((field.name for field in fields if field.form is Form.MOMENT), None)
    count = next((field.name for field in fields if field.form is Form.COUNT), None)

    def with_one_time(body: dict[str, Any], by_moment: bool) -> dict[str, Any]:
        if moment is None or count is None:
            return body
        given, other = (moment, count) if by_moment else (count, moment)
        if body.get(given) is None:
            body[given] = "2026-11-24T03:00Z" if by_moment else 1
        if body.get(other) is not None:
            del body[other]
        return body

    payments = st.fixed_dictionaries(
        {field.name: values_of(field) for field in fields if field.required},
        optional={field.name: values_of(field) for field in fields if not field.required},
    )
    return st.builds(with_one_time, payments, st.booleans())
