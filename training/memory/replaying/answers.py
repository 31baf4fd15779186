"""Recorded answers given again by their model, and compared."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from pydantic_core import to_json

from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.deployment.loaded_model import STALE_MODEL, LoadedModel
from fraud_api_lambda.domain.assessment import Decision
from fraud_api_lambda.domain.payment import Payment
from fraud_api_lambda.records.answering import HISTORY_BEHIND, NO_HISTORY
from fraud_api_lambda.records.grounds import grounds
from fraud_api_lambda.records.items import Record
from fraud_api_lambda.records.keys import Keys
from fraud_api_lambda.web.answers import answer
from training.memory.replaying.differences import Difference, of_prediction
from training.memory.sights import answer_fields

NEAR: Final = 1e-5
"""Relative. A margin is a float32 sum, and its rounding depends on the processor."""

NEAR_ZERO: Final = 1e-6
"""Absolute: of parts of a margin, which are near 0 where larger ones cancel."""

ROUNDED: Final = {
    "fraud_probability",
    "contribution",
    "base_value",
    "margin",
    "contributions",
    "expected_costs",
    "expected_loss",
}
"""The fields that are computed from a margin or its parts."""

type Answered = Mapping[str, Any]


class Again:
    """Gives the answers of a model again.

    Parameters
    ----------
    model : LoadedModel
    keys : Keys
    """

    def __init__(self, model: LoadedModel, keys: Keys) -> None:
        self._model, self._keys = model, keys

    def compare(self, asked: Sequence[tuple[Record, Payment]]) -> Iterator[Difference]:
        """Answer payments again; yield the answers that differ from the recorded ones."""
        read = [(record, payment, answer_fields(record)) for record, payment in asked]
        by_way = sorted(read, key=self._way)
        for (has_histories, explain), group in groupby(by_way, self._way):
            records, payments, answers = zip(*group, strict=True)
            scorer = self._scorer(has_histories=has_histories)
            assessments = scorer.assess_many(payments, explain=explain)
            for record, payment, recorded, assessment in zip(
                records, payments, answers, assessments, strict=True
            ):
                fields = answer(
                    assessment,
                    payment._replace(transaction_id=recorded.get("transaction_id")),
                    prediction_id=record.prediction_id,
                    model_version=record.model_version,
                    degraded=self._limits(record, recorded) + payment.degraded,
                )
                yield from self._differences(record, recorded, json.loads(to_json(fields)))
                is_for_review = recorded.get("decision") == Decision.REVIEW
                yield from _grounds_differences(
                    record, grounds(scorer, payment) if is_for_review else ""
                )

    def _way(self, read: tuple[Record, Payment, Answered]) -> tuple[bool, bool]:
        """Whether there are histories, and an explanation."""
        record, _, recorded = read
        return record.histories is not None, "explanation" in recorded

    def _scorer(self, *, has_histories: bool) -> Scorer:
        if has_histories:
            return self._model.scorer
        return self._model.second or self._model.scorer

    def _limits(self, record: Record, recorded: Answered) -> tuple[str, ...]:
        """The limitations that the answer had to have; whether the model was stale is not known."""
        said = recorded.get("degraded")
        stale = (STALE_MODEL,) if isinstance(said, list) and STALE_MODEL in said else ()
        if record.histories is None:
            return (*stale, HISTORY_BEHIND if self._model.second is None else NO_HISTORY)
        moved = any(version.moved for version in record.versions if version is not None)
        is_behind = isinstance(said, list) and HISTORY_BEHIND in said and not moved
        return (*stale, HISTORY_BEHIND) if is_behind else stale

    def _differences(
        self, record: Record, recorded: Answered, again: Answered
    ) -> Iterator[Difference]:
        number = recorded.get("transaction_id")
        if number is not None and self._keys.prediction(str(number)) != record.prediction_id:
            yield of_prediction(record.prediction_id, "its id is not that of its transaction_id")
        different = next(_different("", recorded, again), None)
        if different is not None:
            yield of_prediction(record.prediction_id, f"its answer says {different}")


def _grounds_differences(record: Record, expected: str) -> Iterator[Difference]:
    """Yield how the grounds of a review differ from the expected ones."""
    if not record.grounds or not expected:
        if record.grounds != expected:
            has = "has" if record.grounds else "lacks"
            yield of_prediction(record.prediction_id, f"it {has} the grounds of a review, wrongly")
        return
    different = next(_different("", json.loads(record.grounds), json.loads(expected)), None)
    if different is not None:
        yield of_prediction(record.prediction_id, f"as grounds of its review it has {different}")


def _different(path: str, found: Any, expected: Any) -> Iterator[str]:
    """Yield where two answers differ."""
    if isinstance(found, dict) and isinstance(expected, dict) and found.keys() == expected.keys():
        for name, value in found.items():
            yield from _different(f"{path}.{name}", value, expected[name])
    elif isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        for index, (one, other) in enumerate(zip(found, expected, strict=True)):
            yield from _different(f"{path}[{index}]", one, other)
    elif not _equal(path, found, expected):
        yield f"{path.removeprefix('.') or 'something'} {_shown(found)}, not {_shown(expected)}"


def _equal(path: str, found: Any, expected: Any) -> bool:
    is_rounded = not ROUNDED.isdisjoint(path.split("."))
    if is_rounded and isinstance(found, float) and isinstance(expected, float):
        is_part = not path.endswith("fraud_probability")
        return math.isclose(found, expected, rel_tol=NEAR, abs_tol=NEAR_ZERO if is_part else 0.0)
    return type(found) is type(expected) and bool(found == expected)


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
