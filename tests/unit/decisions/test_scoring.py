"""From a transaction to an assessment, by a real booster."""

from dataclasses import replace

import numpy as np
import pytest
import xgboost as xgb
from hypothesis import given
from hypothesis import strategies as st

from fraud_api_lambda.decisions.bundle import Bundle, read
from fraud_api_lambda.decisions.plain_pickle import BundleError
from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.domain.assessment import Decision
from fraud_api_lambda.domain.payment import Payment
from tests.bundles import make_bundle, priced
from tests.transactions import transaction, transactions


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return read(make_bundle())


@pytest.fixture(scope="module")
def scorer(bundle: Bundle) -> Scorer:
    return Scorer.from_bundle(bundle)


@given(rows=st.lists(transactions(), min_size=1, max_size=8))
def test_a_batch_and_single_payments_get_the_same_answers(
    scorer: Scorer, rows: list[Payment]
) -> None:
    assert scorer.assess_many(rows) == [scorer.assess(row) for row in rows]


@given(row=transactions())
def test_base_and_contributions_add_up_to_the_margin(scorer: Scorer, row: Payment) -> None:
    explanation = scorer.assess(row, explain=True).explanation

    assert explanation is not None
    total = explanation.base_value + sum(explanation.contributions.values())
    assert total == pytest.approx(explanation.margin, abs=1e-5)


@given(row=transactions())
def test_the_margin_is_xgboosts_own(bundle: Bundle, scorer: Scorer, row: Payment) -> None:
    booster = xgb.Booster(model_file=bytearray(bundle.booster))
    matrix = xgb.DMatrix(
        np.array([bundle.plan.row(row.facts)], dtype=np.float32),
        feature_names=booster.feature_names,
    )

    explanation = scorer.assess(row, explain=True).explanation

    assert explanation is not None
    assert explanation.margin == booster.predict(matrix, output_margin=True)[0]


@given(row=transactions())
def test_a_payment_is_blocked_with_reasons_or_approved_without(
    scorer: Scorer, row: Payment
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


@pytest.fixture(scope="module")
def policies(bundle: Bundle) -> list[Scorer]:
    """Scorers that approve, review and block in different places."""
    changes: list[dict[str, float]] = [
        {},
        {"fraud_fixed": 1e15},
        {"fraud_fixed": 0.0},
        {"block_fixed": 1e9},
        {"fraud_fixed": 0.0, "fraud_share": 1.0, "block_fixed": 50.0},
        {"review_cost": 0.01, "review_catches": 0.9, "fraud_share": 0.1},
    ]
    return [
        Scorer(replace(bundle, threshold=threshold, policy=priced(bundle.policy, **change)))
        for change in changes
        for threshold in (0.0, 0.5, 1.0)
    ]


@given(rows=st.lists(transactions(), min_size=1, max_size=4))
def test_to_explain_adds_explanation_and_costs_and_changes_nothing_else(
    policies: list[Scorer], rows: list[Payment]
) -> None:
    for scorer in policies:
        plain = scorer.assess_many(rows)
        explained = scorer.assess_many(rows, explain=True)

        bare = [answer._replace(explanation=None, expected_costs=None) for answer in explained]
        assert bare == plain
        assert all(answer.explanation and answer.expected_costs for answer in explained)
        assert explained == [scorer.assess(row, explain=True) for row in rows]


@given(row=transactions())
def test_reasons_of_the_policy_are_true_of_the_expected_costs(
    policies: list[Scorer], row: Payment
) -> None:
    for scorer in policies:
        answer = scorer.assess(row)
        given = {reason.code for reason in answer.reasons}
        costs = scorer.bundle.policy.expected_costs(answer.fraud_probability, row.facts.amount)
        stopping = min(costs.review, costs.block)

        if "LOW_EXPECTED_LOSS" in given:
            assert answer.is_fraud
            assert costs.approve <= stopping * (1 + 1e-9)
        if "HIGH_EXPECTED_LOSS" in given:
            assert given == {"HIGH_EXPECTED_LOSS"}
            assert stopping < costs.approve * (1 + 1e-9)


@given(row=transactions())
def test_whatever_is_stopped_has_reasons_and_whatever_is_approved_none_but_the_policys(
    policies: list[Scorer], row: Payment
) -> None:
    for scorer in policies:
        answer = scorer.assess(row)

        codes = [reason.code for reason in answer.reasons]
        if answer.decision is Decision.APPROVE:
            assert codes == ["LOW_EXPECTED_LOSS"] * answer.is_fraud
        else:
            assert 1 <= len(codes) <= 3
            assert "LOW_EXPECTED_LOSS" not in codes


def test_a_payment_with_no_other_reason_is_stopped_for_its_expected_loss(bundle: Bundle) -> None:
    strict = Scorer(replace(bundle, policy=replace(bundle.policy, fraud_fixed=1e15)))
    plain = transaction(type="CASH_IN", amount=500.0, step=14, oldbalanceOrg=5_000.0)

    answer = strict.assess(plain)

    assert answer.decision is Decision.BLOCK
    (reason,) = answer.reasons
    assert (reason.code, reason.value) == ("HIGH_EXPECTED_LOSS", 500.0)


@pytest.mark.parametrize("name", ["stopped", "approved"])
def test_a_booster_that_answers_an_example_otherwise_than_when_packed_is_refused(
    bundle: Bundle, name: str
) -> None:
    example = getattr(bundle.examples, name)
    other = replace(example, fraud_probability=1.0001 * example.fraud_probability)
    examples = replace(bundle.examples, **{name: other})

    with pytest.raises(BundleError, match="examples get other answers than in training"):
        Scorer.from_bundle(replace(bundle, examples=examples))


def test_a_policy_that_decides_an_example_otherwise_than_when_packed_is_refused(
    bundle: Bundle,
) -> None:
    cheap = replace(bundle.policy, block_fixed=1e9)

    with pytest.raises(BundleError, match="examples get other answers than in training"):
        Scorer.from_bundle(replace(bundle, policy=cheap))


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
    small, large = (transaction(amount=amount, oldbalanceOrg=2 * amount) for amount in (1.0, 1e6))

    decisions = [scorer.assess(row).decision for row in (small, large)]

    assert decisions == [Decision.APPROVE, Decision.BLOCK]
