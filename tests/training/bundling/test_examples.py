"""A model's examples: the latest payments that it clearly stops and clearly approves."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb

import training.bundling.examples
from fraud_api_lambda.decisions.bundle import pack, read
from fraud_api_lambda.decisions.model_examples import Example
from fraud_api_lambda.decisions.policy import decide
from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.domain.assessment import Decision
from fraud_api_lambda.domain.checks import JsonObject
from fraud_api_lambda.model.calibration import Platt
from tests.bundles import CALIBRATION, POLICY, make_content
from tests.paysim_files import rows_of
from tests.transactions import PLAN, TYPES
from training.bundling.examples import answer_to, find_examples, missing
from training.data.encoder import PlanEncoder
from training.data.rows import Rows
from training.data.time_split import Window
from training.fitting.boosting import Boosted
from training.fitting.fitted_model import FittedModel

EVERYTHING = Window(1, 1_000)


def frame(rows: int = 400) -> pd.DataFrame:
    """Ten days of payments; every tenth empties an account and is fraud."""
    chance = np.random.default_rng(4)
    fraud = np.arange(rows) % 10 == 0
    balance = chance.integers(1_000, 1_000_000, rows).astype(float)
    kinds = np.where(fraud, "CASH_OUT", np.resize(TYPES, rows))
    payees = np.where(kinds == "PAYMENT", "Mreal", "Creal")
    return pd.DataFrame(
        {
            "step": 1 + np.arange(rows) * 240 // rows,
            "type": pd.Categorical(kinds, categories=TYPES),
            "amount": np.where(fraud, balance, balance * chance.uniform(0, 0.3, rows)),
            "nameOrig": [f"Creal{index}" for index in range(rows)],
            "oldbalanceOrg": balance,
            "nameDest": [f"{name}{index}" for index, name in enumerate(payees)],
            "isFraud": fraud.astype(np.int8),
        }
    )


def fitted(**changes: Any) -> FittedModel:
    booster = xgb.Booster(model_file=bytearray(make_content()["booster"]))
    usual: dict[str, Any] = {
        "feature_set": "decision-time",
        "resampling": "none",
        "boosted": Boosted(PlanEncoder(PLAN), booster, 0),
        "calibration": CALIBRATION,
        "calibration_trials": (),
        "policy": POLICY,
        "threshold": 0.5,
    }
    return FittedModel(**{**usual, **changes})


def accounts(example: Example) -> tuple[str, str]:
    """The payer and the payee of an example."""
    return example.transaction["nameOrig"], example.transaction["nameDest"]


@pytest.fixture(scope="module")
def rows() -> Rows:
    return rows_of(frame())


def test_the_scorer_gives_the_examples_the_same_answers(rows: Rows) -> None:
    examples = find_examples(fitted(), rows, EVERYTHING)

    scorer = Scorer.from_bundle(read(pack(make_content() | {"examples": examples.as_dict()})))
    decided = [scorer.assess(each.payment).decision for each in examples]
    assert decided == [Decision.BLOCK, Decision.APPROVE]


def test_examples_hold_no_real_account_but_merchants_stay_merchants(rows: Rows) -> None:
    purchases = rows_of(rows.frame[rows.frame["type"].isin(["PAYMENT", "CASH_OUT"])])

    stopped, approved = find_examples(fitted(), purchases, EVERYTHING)

    assert accounts(stopped) == ("CPAYER", "CPAYEE")
    assert accounts(approved) == ("CPAYER", "MPAYEE")


def test_examples_keep_the_hour_but_not_the_day(rows: Rows) -> None:
    examples = find_examples(fitted(), rows, EVERYTHING)

    for example in examples:
        transaction: Any = example.as_dict()["transaction"]
        assert 1 <= transaction["step"] <= 24
        same = rows.frame[rows.frame["amount"] == transaction["amount"]]
        assert (same["step"] % 24).tolist() == [transaction["step"] % 24]


def test_examples_are_the_latest_of_their_kind(rows: Rows) -> None:
    examples = find_examples(fitted(), rows, EVERYTHING)

    frauds = rows.frame[rows.frame["isFraud"] == 1]
    assert examples.stopped is not None
    assert examples.stopped.payment.facts.amount == frauds["amount"].iloc[-1]


def test_the_order_of_rows_does_not_change_the_examples(rows: Rows) -> None:
    shuffled = rows.frame.sample(frac=1, random_state=0).drop_duplicates("step")
    ordered = shuffled.sort_values("step")

    found = [find_examples(fitted(), rows_of(each), EVERYTHING) for each in (shuffled, ordered)]

    assert found[0] == found[1]


def test_all_the_data_is_searched_if_the_latest_days_hold_no_example(rows: Rows) -> None:
    early = rows.frame[(rows.frame["isFraud"] == 0) | (rows.frame["step"] < 100)]

    examples = find_examples(fitted(), rows_of(early), Window(200, 240))

    assert examples.stopped is not None
    assert examples.approved is not None


@pytest.mark.parametrize("shift", [-0.005, 0.005])
def test_a_payment_near_a_cutoff_is_no_example(rows: Rows, shift: float) -> None:
    """POLICY cuts at one half, log-odds 0, which is moved next to the likeliest frauds."""
    top = fitted().boosted.margins(rows).max()
    beside = fitted(calibration=Platt(slope=1.0, intercept=float(shift - top)))

    examples = find_examples(beside, rows, EVERYTHING)

    assert examples.stopped is None
    assert examples.approved is not None
    assert examples.approved.fraud_probability < 0.4975


def test_a_payment_that_is_decided_otherwise_without_its_people_is_no_example(
    rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with places that are rounded: the next payment of the kind is taken."""
    first = find_examples(fitted(), rows, EVERYTHING).stopped
    assert first is not None

    def answer_otherwise(body: JsonObject, model: FittedModel, shift: float) -> Example:
        answer = answer_to(body, model, shift)
        is_first = body["amount"] == first.transaction["amount"]
        return replace(answer, decision=Decision.APPROVE) if is_first else answer

    monkeypatch.setattr(training.bundling.examples, "answer_to", answer_otherwise)

    second = find_examples(fitted(), rows, EVERYTHING).stopped
    assert second is not None
    assert second.transaction["amount"] != first.transaction["amount"]
    assert second.decision is Decision.BLOCK


def test_a_fraud_is_preferred_to_a_later_genuine_payment(rows: Rows) -> None:
    late = rows.frame["step"] > 150
    mistaken = rows_of(rows.frame.assign(isFraud=rows.frame["isFraud"].mask(late, 0)))

    examples = find_examples(fitted(), mistaken, EVERYTHING)

    frauds = mistaken.frame[mistaken.frame["isFraud"] == 1]
    assert examples.stopped is not None
    assert examples.stopped.payment.facts.amount == frauds["amount"].iloc[-1]


def test_a_block_is_preferred_to_a_later_review(rows: Rows) -> None:
    """Blocking costs the amount: the last fraud is reviewed, smaller ones are blocked."""
    last = find_examples(fitted(), rows, EVERYTHING).stopped
    assert last is not None
    review_cost = 0.9 * (1 - last.fraud_probability) * last.payment.facts.amount
    by_amount = replace(
        POLICY,
        fraud_fixed=1e7,
        block_fixed=0.0,
        block_share=1.0,
        review_cost=review_cost,
        review_catches=1.0,
    )
    p, amount = last.fraud_probability, last.payment.facts.amount
    assert decide(p, amount, by_amount) is Decision.REVIEW

    examples = find_examples(fitted(policy=by_amount), rows, EVERYTHING)

    assert examples.stopped is not None
    assert examples.stopped.decision is Decision.BLOCK
    assert examples.stopped.payment.facts.amount < amount


def test_a_review_is_the_example_if_nothing_is_blocked(rows: Rows) -> None:
    reviewing = replace(POLICY, review_cost=0.01, review_catches=1.0, block_fixed=1e9)

    examples = find_examples(fitted(policy=reviewing), rows, EVERYTHING)

    assert examples.stopped is not None
    assert examples.stopped.decision is Decision.REVIEW


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        (replace(POLICY, block_fixed=1e9), "stops-nothing"),
        (replace(POLICY, block_fixed=0.0), "approves-nothing"),
    ],
)
def test_a_missing_decision_is_reported(rows: Rows, policy: Any, code: str) -> None:
    (finding,) = missing(find_examples(fitted(policy=policy), rows, EVERYTHING))

    assert finding["code"] == code
