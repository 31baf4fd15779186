"""Outcomes in a campaign: which are sent, and whether the records have what was taken."""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from fraud_api_lambda.aws.dynamodb import Item
from fraud_api_lambda.labelling import Labelling, Outcome, Refused, Settled
from fraud_api_lambda.records.items import RECORD
from fraud_api_lambda.records.keys import Keys
from fraud_api_lambda.records.outcomes import SOURCES, Later, Word

MOST_TOGETHER: Final = 4
TIMES: Final = range(1, 5)

FEW: Final = 2
"""Payments of which much is said at the same time."""


class Said(NamedTuple):
    """A word on a payment, and what the service answered."""

    outcome: Outcome
    answer: Settled | Refused


def outcomes_of(seed: int, payments: int, number: int) -> list[list[Outcome]]:
    """Outcomes of the payments of a campaign, with words that repeat and contradict each other."""
    chance = random.Random(f"outcomes {seed}")
    outcomes = [
        Outcome(
            None,
            f"t{chance.randrange(FEW if chance.random() < 0.5 else payments)}",
            chance.choice(SOURCES),
            Word(chance.choice(TIMES), chance.random() < 0.6),
        )
        for _ in range(number)
    ]
    sizes = [chance.randint(1, MOST_TOGETHER) for _ in outcomes]
    starts = [sum(sizes[:index]) for index in range(len(sizes))]
    groups = (outcomes[at : at + size] for at, size in zip(starts, sizes, strict=True))
    return [group for group in groups if group]


def say(labels: Labelling, outcomes: Sequence[Outcome]) -> list[Said]:
    """Send outcomes."""
    return [Said(*pair) for pair in zip(outcomes, labels.settle(outcomes), strict=True)]


def wrong_words(items: Mapping[str, Item], keys: Keys, said: Sequence[Said]) -> Iterator[str]:
    """What is wrong with the words in the records of a table.

    Of a source, a record has the latest word that was taken, or a later one whose answer was lost.
    """
    taken, possible = defaultdict[str, set[Word]](set), defaultdict[str, set[Word]](set)
    for outcome, answer in said:
        prediction_id = keys.prediction(outcome.transaction_id)
        of = f"{RECORD}{prediction_id} {outcome.source}"
        if isinstance(answer, Settled):
            taken[of].add(outcome.word)
            if answer.prediction_id != prediction_id:
                yield f"{of}: taken for {answer.prediction_id}"
        if answer is not Refused.UNKNOWN:
            possible[of].add(outcome.word)
    for key, item in items.items():
        words = Later.of(item).words
        for source in SOURCES:
            of = f"{key} {source}"
            word = words.get(source)
            if word is None and taken[of]:
                yield f"{of}: nothing of what was taken"
            elif word is not None and word not in possible[of]:
                yield f"{of}: a word that nobody said"
            elif word is not None and word < max(taken[of], default=word):
                yield f"{of}: not the latest word"
