"""What is read plainly is what would be read with care: the short way lets nothing more through."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fraud_api_lambda.wire import strict_json
from tests.api.support import NEARLY, PAYMENT, PAYMENTS, TIMED, TIMESTAMPS, WIRE, damaged
from tests.transactions import FRAUD, GENUINE

SPACES = st.sampled_from(["", "", "", " ", "\n", "\t", "\r\n  "])
COLONS = st.sampled_from(["C1", ":C1", " :C1", ":", "::", "a:b", '":'])
WITH_COLONS = st.builds(
    lambda body, payer, payee: {**body, "nameOrig": payer, "nameDest": payee},
    PAYMENTS,
    COLONS,
    COLONS,
)


@st.composite
def texts(draw: st.DrawFn, bodies: st.SearchStrategy[dict[str, Any]]) -> bytes:
    """An object as JSON, with spaces anywhere and some keys twice."""
    body = draw(bodies)
    pairs = list(body.items())
    for name in draw(st.lists(st.sampled_from([*body, "amount"]), max_size=2)):
        value = draw(st.sampled_from([body.get(name), body.get(name), 7.0]))
        pairs.insert(draw(st.integers(0, len(pairs))), (name, value))
    parts = [draw(SPACES).join([json.dumps(name), ":", json.dumps(value)]) for name, value in pairs]
    comma = draw(SPACES) + "," + draw(SPACES)
    return ("{" + draw(SPACES) + comma.join(parts) + draw(SPACES) + "}").encode()


def check_equal(body: bytes) -> None:
    plain = WIRE.plain_values(body)
    if plain is not None:
        careful = WIRE.validated(strict_json.loads(body))
        assert [(name, repr(value)) for name, value in sorted(plain.items())] == [
            (name, repr(value)) for name, value in sorted(careful.items())
        ]


@given(body=texts(PAYMENTS | WITH_COLONS | TIMED | NEARLY))
@example(body=b'{"step":1,"type":"DEBIT","amount":1,"amount" :2,"nameOrig":"C1","nameDest":":"}')
def test_a_transaction_is_read_as_with_care_or_not_at_all(body: bytes) -> None:
    check_equal(body)


@given(body=damaged())
def test_nothing_damaged_is_read_that_care_would_refuse(body: bytes) -> None:
    check_equal(body)


NUMBERS = st.from_regex(
    r"(0|[1-9][0-9]{0,11})(\.[0-9]{1,25})?([eE][-+]?[0-9]{1,2})?", fullmatch=True
)


@given(amount=NUMBERS)
def test_numbers_are_read_to_the_last_bit(amount: str) -> None:
    body = json.dumps({**PAYMENT, "amount": "?"}).replace('"?"', amount).encode()

    plain = WIRE.plain_values(body)

    if plain is not None:
        assert repr(plain["amount"]) == repr(float(amount))


@given(parts=st.lists(texts(PAYMENTS | WITH_COLONS | TIMED), max_size=4))
def test_a_batch_is_read_as_with_care_or_not_at_all(parts: list[bytes]) -> None:
    body = b'{"transactions":[' + b",".join(parts) + b"]}"

    plain = WIRE.plain_batch(body)

    if plain is not None:
        careful: Any = strict_json.loads(body)
        assert plain == [WIRE.validated(item) for item in careful["transactions"]]


@given(timestamp=TIMESTAMPS, separators=st.sampled_from([(",", ":"), (", ", ": ")]))
def test_the_colons_of_a_time_do_not_hold_up_a_plain_body(
    timestamp: str, separators: tuple[str, str]
) -> None:
    timed = {**PAYMENT, "timestamp": timestamp}
    del timed["step"]

    assert WIRE.plain_values(json.dumps(timed, separators=separators).encode()) == timed


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
@pytest.mark.parametrize("body", [FRAUD, GENUINE])
def test_what_clients_send_is_read_plainly(
    body: dict[str, Any], separators: tuple[str, str]
) -> None:
    one = json.dumps(body, separators=separators).encode()
    many = json.dumps({"transactions": [body] * 100}, separators=separators).encode()

    assert WIRE.plain_values(one) == body
    assert WIRE.plain_batch(many) == [body] * 100


@pytest.mark.parametrize(
    "twice",
    [
        '"amount":1,"amount":2',
        '"amount" :1,"amount":2',
        '"amount":1,"amount" :2',
        '"amount":1,"amount"\n:2',
        '"amount":1,"\\u0061mount":2',
        '"amount":1,"amount":1',
    ],
)
@pytest.mark.parametrize("payer", ["C1", ":C1"])
def test_a_key_that_occurs_twice_is_never_read_plainly(twice: str, payer: str) -> None:
    rest = json.dumps({**PAYMENT, "nameOrig": payer})
    name, colon, _ = rest.partition('"amount": ')
    body = f"{name}{twice}{rest.removeprefix(name + colon).lstrip('0123456789.')}".encode()

    assert body.count(b"mount") == 2
    assert WIRE.plain_values(body) is None
