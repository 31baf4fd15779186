"""Builders of card payments to watch, and of a reference for them."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any, Final

import numpy as np

from fraud_api_lambda.domain.elementwise import SINGLE
from fraud_api_lambda.history.view import NEVER_SEEN, History
from tests.schemas import CARDS, card_body
from training.watch.measured import Measuring
from training.watch.outcomes import Outcomes
from training.watch.reference import Reference
from training.watch.sample import Sample, numbered
from training.watch.watched import About, Watched, watch

PLAN: Final = replace(
    CARDS.plan(), learned=replace(CARDS.learned, histories=("payer",)), feature_set="history"
)
MEASURING: Final = Measuring(PLAN)
SUBJECTS: Final = MEASURING.subjects
ABOUT: Final = About("0123456789abcdef", "the table", "1 to 7 March", "January")

FRAUD_RATE: Final = 0.02

type Body = dict[str, Any]
type Change = Callable[[Body, np.random.Generator], Body]


def unchanged(body: Body, _: np.random.Generator) -> Body:
    """Payments as they always are."""
    return body


def purchases(n: int, seed: int, change: Change = unchanged) -> Sample:
    """Payments of many cards, with frauds whose probability is known."""
    chance = np.random.default_rng(seed)
    rows, unseen = [], []
    for _ in range(n):
        facts = PLAN.reader.payment(change(_body(chance), chance)).facts
        facts = facts._replace(histories=(_history(chance),))
        rows.append([float(each) for each in MEASURING.values(facts, SINGLE)])
        unseen.append([bool(each) for each in MEASURING.unseen(facts, SINGLE)])
    probabilities = chance.beta(0.5, 0.5 / FRAUD_RATE - 0.5, n).clip(1e-6, 1 - 1e-6)
    return Sample(
        values=dict(zip((each.name for each in SUBJECTS), np.array(rows).T, strict=True)),
        unseen=dict(
            zip((each.name for each in MEASURING.open_categories), np.array(unseen).T, strict=True)
        ),
        probabilities=probabilities,
        decided=(probabilities > 0.1).astype(int) + (probabilities > 0.2),
        weights=np.ones(n),
        accounts={
            "payer": numbered(chance.integers(0, n, n)),
            "payee": numbered(chance.integers(0, n // 5 + 1, n)),
        },
    )


def _body(chance: np.random.Generator) -> Body:
    body = card_body(
        at=f"2026-03-01 {int(chance.integers(24)):02}:30:00",
        amt=round(float(chance.lognormal(3, 1)), 2),
        category=str(chance.choice(["gas_transport", "grocery"], p=[0.3, 0.7])),
        mcc=str(chance.choice(["5411", "5812", "9999"], p=[0.6, 0.39, 0.01])),
        channel=str(chance.choice(["chip", "online"])),
        gender=str(chance.choice(["F", "M"])),
        tries=float(chance.integers(1, 4)),
        shop_lat=52.4 + float(chance.normal(0, 0.1)),
    )
    if chance.random() < 0.05:
        del body["tries"]
    return body


def _history(chance: np.random.Generator) -> History:
    count = int(chance.integers(1, 9))
    return NEVER_SEEN._replace(
        seen=True,
        count_24h=count,
        count_30d=5 * count,
        sum_24h=100 * count * int(chance.integers(1, 90)),
        matured_30d=9,
        frauds_30d=int(chance.random() < 0.1),
    )


def outcomes_of(sample: Sample, seed: int = 0, *, times: float = 1.0) -> Outcomes:
    """Outcomes that come as often as their probabilities say, or so many times as often."""
    chance = np.random.default_rng(seed)
    shares = np.minimum(times * sample.probabilities, 1.0)
    return Outcomes(sample, (chance.random(len(sample)) < shares).astype(float))


@cache
def reference() -> Reference:
    """The reference of 6,000 payments, as it comes out of a bundle."""
    sample = purchases(6_000, seed=0)
    frauds = sample.counted_in_bursts(outcomes_of(sample).is_fraud)
    made = Reference.of(sample, SUBJECTS, "February", frauds=frauds)
    return Reference.of_bytes(made.to_bytes(), SUBJECTS)


def watched(sample: Sample, outcomes: Outcomes | None = None, **more: Any) -> Watched:
    """The watch of payments against `reference`."""
    return watch(ABOUT, reference(), MEASURING, sample, outcomes=outcomes, **more)
