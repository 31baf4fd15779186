"""A reason is true of the payment: with typical values the log-odds would be lower."""

import random
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fraud_api_lambda.decisions.bundle import read
from fraud_api_lambda.decisions.observations import Observed
from fraud_api_lambda.decisions.reasons import Candidate, candidates
from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.domain.payment import Payment
from fraud_api_lambda.model.booster import rows_of
from tests.transactions import READER
from training.files.writing import write_transactions
from training.schemas.built_in import built_in
from training.scoring.score import load_scorer
from training.simulator.by_schema import SIMULATORS
from training.simulator.simulate import simulate
from training.train import TrainOptions, train
from training.watch.measured import Measuring
from training.watch.reference import Reference

ROWS = 100_000
COLUMNS = ["step", "type", "amount", "nameOrig", "nameDest", "oldbalanceOrg"]


@pytest.fixture(scope="module")
def payments() -> pd.DataFrame:
    return simulate(ROWS, seed=5)


@pytest.fixture(scope="module")
def scorer(payments: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Scorer:
    folder = tmp_path_factory.mktemp("fidelity")
    write_transactions(payments, folder / "data.csv")
    train(
        folder / "data.csv",
        folder / "model",
        TrainOptions(feature_set="decision-time", choose_ratio=False, compare=False),
    )
    return Scorer.from_bundle(read((folder / "model" / "model.joblib").read_bytes()))


def test_a_trained_bundle_holds_a_reference_of_rows_that_its_booster_was_not_fitted_on(
    scorer: Scorer,
) -> None:
    bundle = scorer.bundle
    subjects = Measuring(bundle.plan).subjects

    reference = Reference.of_bytes(bundle.reference, subjects)

    fitted_until = bundle.trained_on["windows"]["fit"]["end"]
    first, last = (int(step) for step in re.findall(r"\d+", reference.shown))
    assert fitted_until < first
    assert last == bundle.trained_on["windows"]["threshold"]["end"]
    assert (last - first + 1) % (7 * 24) == 0
    assert bundle.reference is not None
    assert len(bundle.reference) < 4_000


@pytest.fixture(scope="module")
def flagged(scorer: Scorer, payments: pd.DataFrame) -> list[tuple[Payment, str]]:
    """Flagged payments whose first reason adds at least 0.5 to the log-odds, with its code."""
    likely = payments[payments["type"].isin(["TRANSFER", "CASH_OUT"])]
    rows = likely.sort_values("isFraud", ascending=False)[:4_000]
    found = []
    for body in rows[COLUMNS].to_dict("records"):
        payment = READER.payment({str(name): value for name, value in body.items()})
        answer = scorer.assess(payment)
        if answer.is_fraud and answer.reasons and answer.reasons[0].contribution >= 0.5:
            found.append((payment, answer.reasons[0].code))
    return found


def groups_of(scorer: Scorer, payment: Payment, contributions: Sequence[float]) -> list[Candidate]:
    """The possible reasons of a payment."""
    plan = scorer.bundle.plan
    observed = Observed(payment.facts, plan.schema, scorer.bundle.typical)
    return candidates(observed, plan.features, plan.row(payment.facts), contributions)


def lowered(scorer: Scorer, payment: Payment, code: str, text: str | None = None) -> bool:
    """Whether the log-odds fall if the features of a reason take their typical values.

    Reasons about two categories have one code, and differ in their text.
    """
    row = scorer.bundle.plan.row(payment.facts)
    # A contribution of every feature makes every group a candidate.
    groups = groups_of(scorer, payment, [1.0] * len(row))
    same = (each for each in groups if each.reason.code == code)
    usual = next((it.as_usual for it in same if text in (None, it.reason.text)), row)
    before, after = scorer.margins(rows_of([row, usual]))
    return after < before


def test_setting_the_first_reason_to_typical_lowers_the_log_odds(
    scorer: Scorer, flagged: list[tuple[Payment, str]]
) -> None:
    assert len(flagged) >= 100

    assert np.mean([lowered(scorer, payment, code) for payment, code in flagged]) >= 0.95


def test_setting_the_largest_contribution_to_typical_does_not(
    scorer: Scorer, flagged: list[tuple[Payment, str]]
) -> None:
    names = scorer.bundle.features
    weightiest = []
    for payment, _ in flagged:
        explanation = scorer.assess(payment, explain=True).explanation
        assert explanation is not None
        parts = [explanation.contributions[name] for name in names]
        weightiest.append(groups_of(scorer, payment, parts)[0])

    pairs = zip(flagged, weightiest, strict=True)
    held = [lowered(scorer, payment, each.reason.code) for (payment, _), each in pairs]
    assert np.mean(held) < 0.75


def test_setting_shuffled_reasons_to_typical_does_not(
    scorer: Scorer, flagged: list[tuple[Payment, str]]
) -> None:
    codes = [code for _, code in flagged]
    random.Random(0).shuffle(codes)

    shuffled = zip(flagged, codes, strict=True)
    assert np.mean([lowered(scorer, payment, code) for (payment, _), code in shuffled]) < 0.95


def test_the_typical_values_are_those_of_genuine_rows_of_the_type(
    scorer: Scorer, payments: pd.DataFrame
) -> None:
    typical = scorer.bundle.typical
    last = scorer.bundle.trained_on["windows"]["threshold"]["end"]
    seen = payments[payments["step"] <= last]
    genuine = seen[seen["isFraud"] == 0]

    for kind, rows in genuine.groupby("type", observed=True):
        medians = rows[["amount", "oldbalanceOrg"]].quantile(0.5, interpolation="lower")
        assert [
            typical.values[str(kind)][name] for name in ("amount", "balance")
        ] == medians.tolist()
        inside = [hour % 24 in typical.hours[str(kind)] for hour in rows["step"]]
        assert 0.9 <= np.mean(inside) < 0.99
    rates = seen.groupby("type", observed=True)["isFraud"].mean()
    assert typical.risky["type"] == set(rates.index[rates > seen["isFraud"].mean()])


@pytest.mark.soak
def test_setting_the_first_reason_to_typical_lowers_the_log_odds_of_card_payments(
    tmp_path: Path,
) -> None:
    frame = SIMULATORS["cards"].simulate(ROWS, 5)
    write_transactions(frame, tmp_path / "data.csv")
    options = TrainOptions(
        built_in("cards"), feature_set="decision-time", choose_ratio=False, compare=False
    )
    train(tmp_path / "data.csv", tmp_path / "model", options)
    scorer = load_scorer(tmp_path / "model")
    reader = scorer.bundle.plan.reader

    likely = frame.sort_values("is_fraud", ascending=False, kind="stable")[:4_000]
    bodies = likely.to_dict("records")
    payments = [reader.payment({str(name): it for name, it in body.items()}) for body in bodies]
    stopped = [
        (payment, answer.reasons[0])
        for payment, answer in zip(payments, scorer.assess_many(payments), strict=True)
        if answer.is_fraud and answer.reasons and answer.reasons[0].contribution >= 0.5
    ]

    assert len(stopped) >= 100
    held = [lowered(scorer, payment, each.code, each.text) for payment, each in stopped]
    assert np.mean(held) >= 0.95
