"""Tokens keep what a schema reads from an id, and the equality of accounts; nothing else."""

import re
from dataclasses import replace
from typing import Final

import pytest

from fraud_api_lambda.domain.fields import CODE, TEXT
from fraud_api_lambda.domain.schema import Attribute, Kind, Schema
from fraud_api_lambda.records.facts import RecordedFacts
from tests.records.support import KEYS
from tests.transactions import PAYSIM
from training.memory.exporting.tokens import Tokens
from training.reading.typed import WHOLE

BEGINS_WITH_M: Final = "Mkeyed-id-of-22-chars-"
"""A keyed id that begins with the prefix of merchants."""


def flag(name: str, prefix: str) -> Attribute:
    return Attribute(name, Kind.FLAG, ("nameDest",), prefix=prefix)


SCHEMA: Final = replace(
    PAYSIM,
    attributes={
        "payee_is_merchant": flag("payee_is_merchant", "M"),
        "payee_is_bank": flag("payee_is_bank", "MB"),
        "payee_is_4": flag("payee_is_4", "4"),
    },
)


def token_of(payee: str, *, key: str | None = None, digits_in: tuple[str, ...] = ()) -> str:
    """The token of a payee, whose keyed id may be given."""
    key = KEYS.account("payee", payee) if key is None else key
    facts = RecordedFacts(SCHEMA)
    recorded = facts.of({"nameDest": payee, "nameOrig": "C1"})
    tokens = Tokens(SCHEMA, digits_in).of(
        ["payer-key", key, "received-key"], facts.values(recorded)
    )
    token = tokens["nameDest"]
    assert token is not None
    return token


def flags_of(schema: Schema, payee: str) -> list[bool]:
    prefixes = [each.prefix or "" for each in schema.attributes.values()]
    return [payee.startswith(prefix) for prefix in prefixes]


@pytest.mark.parametrize("digits_in", [(), ("nameDest",)])
@pytest.mark.parametrize("key", [None, BEGINS_WITH_M, "4" * 21 + "A", "MB" + "x" * 20])
@pytest.mark.parametrize("payee", ["C1", "M1", "MB1", "4", "m1", "MA"])
def test_a_token_has_the_flags_of_its_id_whatever_the_keyed_id_begins_with(
    payee: str, key: str | None, digits_in: tuple[str, ...]
) -> None:
    assert flags_of(SCHEMA, token_of(payee, key=key, digits_in=digits_in)) == flags_of(
        SCHEMA, payee
    )


def test_an_account_has_one_token_and_another_account_another() -> None:
    assert token_of("C1") == token_of("C1")
    assert len({token_of(payee) for payee in ("C1", "C2", "M1", "M2")}) == 4
    assert "C1" not in token_of("C1")


def test_a_payer_that_is_paid_too_has_one_token() -> None:
    tokens = Tokens(PAYSIM, ())
    pays, _ = tokens.of(["as-a-payer", "other", "as-a-payee"], {"nameDest": ""}).values()
    _, is_paid = tokens.of(["another", "as-a-payee", "other"], {"nameDest": ""}).values()

    assert pays == is_paid


def test_a_payment_without_an_account_has_no_token() -> None:
    assert Tokens(PAYSIM, ()).of([None, "key", None], {"nameDest": ""})["nameOrig"] is None


@pytest.mark.parametrize("payee", ["123", "45"])
def test_ids_of_digits_have_tokens_of_digits_so_that_callers_may_still_post_numbers(
    payee: str,
) -> None:
    assert re.fullmatch(WHOLE, token_of(payee, digits_in=("nameDest",)))
    assert not re.fullmatch(WHOLE, token_of(payee))


@pytest.mark.parametrize("pattern", [TEXT, CODE])
def test_a_token_may_be_posted_as_an_id(pattern: str) -> None:
    assert re.fullmatch(pattern, token_of("MB1"))
    assert re.fullmatch(pattern, token_of("45", digits_in=("nameDest",)))


def test_a_prediction_has_its_own_id_or_digits_of_it() -> None:
    prediction = "7f06279d-bc13-88a4-adf5-81cb860e6738"

    assert Tokens(PAYSIM, ()).of_prediction("id", prediction) == prediction
    assert re.fullmatch(WHOLE, Tokens(PAYSIM, ("id",)).of_prediction("id", prediction))
