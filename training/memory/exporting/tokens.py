"""Tokens in place of account ids, with the properties that a schema reads from an id. Pure.

A token is made of the keyed id, so equal accounts have equal tokens in every export, and nobody
finds an account by it without the secret.
"""

from base64 import urlsafe_b64decode
from collections.abc import Sequence
from string import ascii_letters, digits
from typing import Final
from uuid import UUID

from fraud_api_lambda.domain.accounts import RECEIVED, accounts_of
from fraud_api_lambda.domain.schema import Schema
from fraud_api_lambda.records.facts import Values

_NUMBER: Final = 10**17
"""The least number that a token is made of: with a digit before it, it has 19 digits."""


_LEAST_DIGITS: Final = 14
"""With a longer prefix before them, a token has more digits than a whole number may have."""


class Tokens:
    """Makes the tokens of a schema's accounts.

    Parameters
    ----------
    schema : Schema
    digits_in : sequence of str
        The columns with ids that are whole numbers, so that callers may post them as numbers.
    """

    def __init__(self, schema: Schema, digits_in: Sequence[str]) -> None:
        attributes = schema.attributes.values()
        stated = {name for each in attributes if each.prefix is None for name in each.columns}
        prefixes = "".join(each.prefix or "" for each in attributes)
        self._letter = _first(ascii_letters, prefixes)
        self._digit = _first(digits[1:], prefixes)
        self._digits_in = frozenset(digits_in) if self._digit else frozenset()
        self._places = {
            column: place for column, place in _places(schema).items() if column not in stated
        }

    def of(self, accounts: Sequence[str | None], values: Values) -> dict[str, str | None]:
        """The token of each column; None if the payment has no such account.

        Parameters
        ----------
        accounts : sequence of str or None
            Keyed ids, by the names of `accounts_of`.
        values : dict
            As `RecordedFacts.values` gives them, with the longest prefix that an id begins with.
        """
        return {
            column: None if (key := accounts[place]) is None else self._token(column, key, values)
            for column, place in self._places.items()
        }

    def of_prediction(self, column: str, prediction_id: str) -> str:
        """The id of a payment in a column of such ids."""
        if column in self._digits_in:
            return str(_number(UUID(prediction_id).bytes))
        return prediction_id

    def _token(self, column: str, key: str, values: Values) -> str:
        """The prefix, a character that is in no prefix, so that no other one fits, and the id."""
        prefix = str(values.get(column, ""))
        if column in self._digits_in:
            number = str(_number(urlsafe_b64decode(f"{key}==")))
            return f"{prefix}{self._digit}{number[: max(len(number) - len(prefix), _LEAST_DIGITS)]}"
        return f"{prefix}{self._letter}{key}"


def _places(schema: Schema) -> dict[str, int]:
    """The columns of accounts, each with the place of its keyed id.

    If payers and payees are one account, the payer's id is the one that it has as a payee.
    """
    accounts = accounts_of(schema)
    names = list(accounts)
    found = {accounts[name].column: names.index(name) for name in reversed(names)}
    if RECEIVED in accounts:
        found[accounts[RECEIVED].column] = names.index(RECEIVED)
    return found


def _first(characters: str, taken: str) -> str:
    """The first character that is not taken; empty if all are."""
    return next((each for each in characters if each not in taken), "")


def _number(drawn: bytes) -> int:
    return _NUMBER + int.from_bytes(drawn[:8]) % (9 * _NUMBER)
