"""From a transaction to an assessment, by a real booster."""

from dataclasses import replace

import numpy as np
import pytest
import xgboost as xgb
from hypothesis import given
from hypothesis import strategies as st

from fraud_api_lambda.bundle import Bundle, BundleError, read
from fraud_api_lambda.features import feature_row
from fraud_api_lambda.scoring import Scorer
from fraud_api_lambda.transaction import Decision, Transaction
from tests.bundles import make_bundle
from tests.transactions import transaction, transactions


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return read(make_bundle())


@pytest.fixture(scope="module")
def scorer(bundle: Bundle) -> Scorer:
    return Scorer.from_bundle(bundle)


@given(rows=st.lists(transactions(), min_size=1, max_size=8))
def test_a_batch_and_single_payments_get_the_same_answers(
    scorer: Scorer, rows: list[Transaction]
) -> None:
    assert scorer.assess_many(rows) == [scorer.assess(row) for row in rows]


@given(row=transactions())
def test_base_and_contributions_add_up_to_the_margin(scorer: Scorer, row: Transaction) -> None:
    explanation = scorer.assess(row, explain=True).explanation

    assert explanation is not None
    total = explanation.base_value + sum(explanation.contributions.values())
    assert total == pytest.approx(explanation.margin, abs=1e-5)


@given(row=transactions())
def test_the_margin_is_xgboosts_own(bundle: Bundle, scorer: Scorer, row: Transaction) -> None:
    booster = xgb.Booster(model_file=bytearray(bundle.booster))
    matrix = xgb.DMatrix(
        np.array([feature_row(row, bundle.features)], dtype=np.float32),
        feature_names=booster.feature_names,
    )

    explanation = scorer.assess(row, explain=True).explanation

    assert explanation is not None
    assert explanation.margin == booster.predict(matrix, output_margin=True)[0]


@given(row=transactions())
def test_a_payment_is_blocked_with_reasons_or_approved_without(
    scorer: Scorer, row: Transaction
) -> None:
    answer = scorer.assess(row)

    assert answer.is_fraud == (answer.fraud_probability >= answer.threshold)
    if answer.is_fraud:
        assert answer.decision is Decision.BLOCK
        assert 1 <= len(answer.reasons) <= 3
    else:
        assert answer.decision is Decision.APPROVE
        assert answer.reasons == ()
    assert answer.explanation is None


def test_explaining_an_approved_payment_gives_its_reasons_too(bundle: Bundle) -> None:
    never = Scorer(replace(bundle, policy=replace(bundle.policy, block_fixed=1e9), threshold=1.0))

    answer = never.assess(transaction(amount=1_000.0), explain=True)

    assert answer.decision is Decision.APPROVE
    assert answer.explanation is not None


def test_a_booster_that_answers_otherwise_than_when_packed_is_refused(bundle: Bundle) -> None:
    known = replace(bundle.known_answer, fraud_probability=0.123)

    with pytest.raises(BundleError, match="known answer differs"):
        Scorer.from_bundle(replace(bundle, known_answer=known))


@pytest.mark.parametrize("booster", [b"{}", b"{not a model"])
def test_a_booster_that_cannot_be_read_is_refused(bundle: Bundle, booster: bytes) -> None:
    with pytest.raises(BundleError):
        Scorer.from_bundle(replace(bundle, booster=booster))


def test_fraud_by_the_threshold_that_the_policy_approves_says_why(bundle: Bundle) -> None:
    cheap = replace(bundle.policy, block_fixed=1e9)
    lenient = Scorer(replace(bundle, threshold=0.0, policy=cheap))
    row = transaction(amount=3.0)

    answer = lenient.assess(row)

    assert answer.is_fraud
    assert answer.decision is Decision.APPROVE
    (reason,) = answer.reasons
    assert (reason.code, reason.feature, reason.value) == ("LOW_EXPECTED_LOSS", "amount", 3.0)
    assert lenient.assess(row, explain=True).reasons[0] == reason


def test_the_decision_depends_on_the_amount_at_stake(bundle: Bundle) -> None:
    by_amount = replace(bundle.policy, fraud_fixed=0.0, fraud_share=1.0, block_fixed=50.0)
    scorer = Scorer(replace(bundle, policy=by_amount))
    small, large = (transaction(amount=amount, origin_balance=2 * amount) for amount in (1.0, 1e6))

    decisions = [scorer.assess(row).decision for row in (small, large)]

    assert decisions == [Decision.APPROVE, Decision.BLOCK]


@given(row=transactions())
def test_whatever_the_policy_stops_comes_with_a_reason(bundle: Bundle, row: Transaction) -> None:
    strict = Scorer(replace(bundle, policy=replace(bundle.policy, fraud_fixed=1e15)))

    answer = strict.assess(row)

    assert answer.decision is Decision.BLOCK
    assert 1 <= len(answer.reasons) <= 3
