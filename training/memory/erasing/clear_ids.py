"""Removal of ids that are recorded in clear: the schema lists their columns as attributes."""

import json
from collections.abc import Sequence
from typing import Any, Final

from fraud_api_lambda.decisions.reason_texts import value_in_words
from fraud_api_lambda.domain.accounts import accounts_of
from fraud_api_lambda.domain.reading import text_of
from fraud_api_lambda.records.items import ERASED, Item
from training.memory.models import ModelGoneError, Models

SHOWN: Final = ("a", "g")
"""Attributes that can repeat a fact: texts of reasons, and names of features of a category."""

UNTOLD: Final = frozenset({"prediction_id", "transaction_id", "model_version"})
"""Fields of an answer that never repeat a fact."""


class ClearIds:
    """Takes an account's id out of the facts and answers of records.

    Parameters
    ----------
    account_id : str
    models : Models or None
        To look up which columns are ids; None to leave facts and answers as they are.

    Attributes
    ----------
    unknown : set of str
        Versions of models that are gone, so that facts of their records were left as they are.
    """

    def __init__(self, account_id: str, models: Models | None) -> None:
        self._account_id, self._models = account_id, models
        self._columns: dict[str, Sequence[str]] = {}
        self.unknown: set[str] = set()

    def erased(self, item: Item, places: Sequence[int]) -> dict[str, str]:
        """The facts, answer and grounds of a record without the id, if the facts have it.

        Parameters
        ----------
        item : Item
        places : sequence of int
            Those of the account among the record's accounts.
        """
        columns = self._columns_of(str(item["v"]))
        facts: dict[str, Any] = json.loads(str(item["f"]))
        found = {
            columns[place]
            for place in places
            if place < len(columns) and self._is_id(facts.get(columns[place]))
        }
        if not found:
            return {}
        written = {"f": _facts(facts | dict.fromkeys(found, ERASED))}
        return written | {
            name: _json(self._without(json.loads(str(item[name]))))
            for name in SHOWN
            if name in item
        }

    def _is_id(self, value: object) -> bool:
        return isinstance(value, str | int) and text_of(value) == self._account_id

    def _without(self, value: Any) -> Any:
        """A part of an answer without the id in its texts and names."""
        match value:
            case str():
                in_words = value_in_words(self._account_id)
                return value.replace(in_words, ERASED).replace(self._account_id, ERASED)
            case list():
                return [self._without(each) for each in value]
            case dict():
                return {
                    self._without(name): each if name in UNTOLD else self._without(each)
                    for name, each in value.items()
                }
        return value

    def _columns_of(self, version: str) -> Sequence[str]:
        """The columns of the accounts of a model's records."""
        if version not in self._columns:
            self._columns[version] = self._read(version)
        return self._columns[version]

    def _read(self, version: str) -> Sequence[str]:
        if self._models is None:
            return ()
        try:
            schema = self._models.get(version).scorer.bundle.plan.schema
        except ModelGoneError:
            self.unknown.add(version)
            return ()
        return [each.column for each in accounts_of(schema).values()]


_json: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
_facts: Final = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode
