"""What is wrong with answers, beside the records in the table: each id has one answer."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from fraud_api_lambda.aws.dynamodb import Item
from fraud_api_lambda.records.answering import UNRECORDED, Decided
from fraud_api_lambda.records.asked import Asked
from fraud_api_lambda.records.items import RECORD, Record


class Answered(NamedTuple):
    """A payment and its answer."""

    asked: Asked
    decided: Decided

    @property
    def is_recorded(self) -> bool:
        """Whether there is an answer, which says that it is recorded."""
        return bool(self.decided.answer) and UNRECORDED not in self.limits

    @property
    def limits(self) -> list[str]:
        limits: list[str] = json.loads(self.decided.answer or '{"degraded": []}')["degraded"]
        return limits


def wrong_answers(items: Mapping[str, Item], answered: Sequence[Answered]) -> Iterator[str]:
    """What is wrong with answers, beside the records of a table."""
    records = {key.removeprefix(RECORD): Record.of(item) for key, item in items.items()}
    by_id = defaultdict[str, list[Answered]](list)
    for each in answered:
        by_id[each.asked.prediction_id].append(each)
    for prediction_id in sorted({*records, *by_id}):
        for what in _wrong(records.get(prediction_id), by_id[prediction_id]):
            yield f"{prediction_id}: {what}"


def _wrong(record: Record | None, answered: Sequence[Answered]) -> Iterator[str]:
    """What is wrong with the answers of one id."""
    told = {each.decided.answer for each in answered if each.is_recorded}
    if record is None:
        if told or any(each.decided.is_reused for each in answered):
            yield "answered as recorded, but not in the table"
        return
    if told - {record.answer}:
        yield f"{len(told | {record.answer})} different answers"
    if (record.digest, record.arrived) not in {
        (each.asked.digest, each.asked.arrived) for each in answered
    }:
        yield "a record that nobody asked for"
    for each in answered:
        is_other = each.asked.digest != record.digest
        if each.is_recorded and is_other:
            yield "the answer of another payment"
        if each.decided.is_reused and not is_other:
            yield "refused, though it is the payment that is recorded"
