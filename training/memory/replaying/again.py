"""The records of a table answered again, model by model."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from fraud_api_lambda.domain.payment import Payment
from fraud_api_lambda.records.items import Record
from fraud_api_lambda.records.keys import Keys
from training.memory.models import ModelGoneError, Models
from training.memory.replaying.answers import Again
from training.memory.replaying.differences import Difference, Replayed, of_prediction
from training.memory.replaying.scratch import Scratch
from training.memory.sights import (
    UNREADABLE,
    Counting,
    RecordReader,
    has_erased_fact,
    sights,
)

AT_ONCE: Final = 1_000
"""Records in memory."""

OTHER_FACTS: Final = "its facts are not those of its model's schema"

type Asked = tuple[Record, Payment]


def answer_again(
    kept: Scratch, models: Models, keys: Keys, done: Replayed, progress: Callable[[str], None]
) -> None:
    """Answer the kept records again, and keep what they saw of their accounts."""
    for version, number in kept.versions():
        step = f"giving the {number:,} answers of {version} again"
        progress(step)
        try:
            model = models.get(version)
        except ModelGoneError as error:
            what = f"{error}, so {number:,} answers cannot be given again"
            done.add([Difference(f"model {version}", what)])
            for records in kept.records(version, AT_ONCE):
                _keep_sights(kept, records, [None] * len(records))
            continue
        reader, again = RecordReader(model.scorer.bundle.plan), Again(model, keys)
        for records in kept.records(version, AT_ONCE):
            progress(step)
            read = [_read(record, reader) for record in records]
            _keep_sights(kept, records, [countings for _, countings in read])
            asked = [
                (record, payment)
                for record, (payment, _) in zip(records, read, strict=True)
                if payment is not None
            ]
            done.answers += len(asked)
            done.add(_compared(again, asked))
            done.add(_other_key_figures(reader, (record for record, _ in asked)))
            left = [
                record
                for record, (payment, _) in zip(records, read, strict=True)
                if payment is None
            ]
            unread = [record for record in left if not has_erased_fact(record)]
            done.erased_facts += len(left) - len(unread)
            done.add(of_prediction(record.prediction_id, OTHER_FACTS) for record in unread)


def _read(record: Record, reader: RecordReader) -> tuple[Payment | None, list[Counting] | None]:
    """The payment of a record, and how its accounts count it; None for what cannot be read."""
    try:
        countings = reader.countings(record)
        return None if has_erased_fact(record) else reader.payment(record), countings
    except UNREADABLE:
        return None, None


def _other_key_figures(reader: RecordReader, records: Iterable[Record]) -> Iterator[Difference]:
    """Yield the records whose time or amount is not that of their facts."""
    for record in records:
        time, amount = reader.time_and_amount(record)
        if (record.time, record.amount) != (time, amount):
            said = f"{record.time} s and {record.amount:g}, not {time} s and {amount:g}"
            what = f"its time and amount are {said} as in its facts"
            yield of_prediction(record.prediction_id, what)


def _compared(again: Again, asked: Sequence[Asked]) -> Iterator[Difference]:
    """Yield the differences of answers; those that cannot be given are found one by one."""
    try:
        found = list(again.compare(asked))
    except UNREADABLE:
        if len(asked) > 1:
            for each in asked:
                yield from _compared(again, [each])
        else:
            yield of_prediction(asked[0][0].prediction_id, OTHER_FACTS)
    else:
        yield from found


def _keep_sights(
    kept: Scratch, records: Iterable[Record], countings: Iterable[list[Counting] | None]
) -> None:
    for record, of_record in zip(records, countings, strict=True):
        kept.add_sights(sights(record, of_record))
