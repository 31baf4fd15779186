"""From a payment to an assessment: features, probability, decision, reasons. Pure."""

import math
from array import array
from collections.abc import Sequence
from typing import NamedTuple

from fraud_api_lambda.decisions.bundle import Bundle
from fraud_api_lambda.decisions.model_examples import Example
from fraud_api_lambda.decisions.observations import Observed
from fraud_api_lambda.decisions.plain_pickle import BundleError
from fraud_api_lambda.decisions.policy import decide
from fraud_api_lambda.decisions.reasons import (
    candidates,
    choose,
    high_expected_loss,
    low_expected_loss,
)
from fraud_api_lambda.domain.assessment import Assessment, Decision, Explanation, Reason
from fraud_api_lambda.domain.payment import Payment
from fraud_api_lambda.model.booster import Booster, BoosterError, rows_of
from fraud_api_lambda.model.calibration import calibrated


class Contributions(NamedTuple):
    """A scored payment and the contributions of its features.

    Attributes
    ----------
    row, by_feature : sequence of shape (n_features,)
        The features, and their contributions to the log-odds.
    margin, base_value : float
        The log-odds, and the value that the contributions are added to.
    """

    payment: Payment
    row: list[float]
    margin: float
    by_feature: Sequence[float]
    base_value: float


class Scorer:
    """Assesses payments with the model of one bundle.

    Parameters
    ----------
    bundle : Bundle
    threads : int
        Threads for XGBoost; one row is fastest with one.
    """

    def __init__(self, bundle: Bundle, *, threads: int = 1) -> None:
        self.bundle = bundle
        self.version = bundle.version
        self._booster = Booster(bundle.booster, threads=threads)
        if self._booster.n_features != len(bundle.features):
            raise BundleError(
                f"the bundle's booster has {self._booster.n_features} features, not the "
                f"{len(bundle.features)} that it names"
            )
        self._plan = bundle.plan

    @classmethod
    def from_bundle(cls, bundle: Bundle, *, threads: int = 1) -> "Scorer":
        """A scorer whose answers to the bundle's examples equal those in training.

        Raises
        ------
        BundleError
            If the booster cannot be read, or an answer to an example differs.
        """
        try:
            scorer = cls(bundle, threads=threads)
            is_same = all(scorer._repeats(example) for example in bundle.examples)
        except BoosterError as error:
            raise BundleError("the bundle's booster cannot be read") from error
        if not is_same:
            raise BundleError(
                "the bundle's examples get other answers than in training: another version made it"
            )
        return scorer

    def _repeats(self, example: Example) -> bool:
        """Whether the answer to an example equals that in training."""
        got = self.assess(example.payment)
        # The margin is a float32 sum, and its rounding depends on the processor.
        is_near = math.isclose(got.fraud_probability, example.fraud_probability, rel_tol=1e-5)
        return is_near and got.decision is example.decision

    def assess(
        self, payment: Payment, *, explain: bool = False, decision: Decision | None = None
    ) -> Assessment:
        """Assess one payment; see `assess_many`.

        A given `decision` takes the place of the policy's.
        """
        # Not by `assess_many`: its lists would cost 2 % of a request.
        row = self._plan.row(payment.facts)
        (margin,) = self.margins(array("f", row))
        answer = self._answer(margin, payment.facts.amount)
        if decision is not None:
            answer = answer._replace(decision=decision, reasons=())
        if explain or answer.decision is not Decision.APPROVE:
            (parts,) = self._booster.contributions(array("f", row))
            scored = Contributions(payment, row, margin, parts[:-1], parts[-1])
            return self._completed(answer, scored, explain=explain)
        return answer

    def assess_many(
        self, payments: Sequence[Payment], *, explain: bool = False
    ) -> list[Assessment]:
        """Assess payments, in order.

        A payment that is reviewed or blocked has one to three reasons. An approved one has none,
        or LOW_EXPECTED_LOSS where its probability reaches the threshold. `explain` adds the
        explanation and the expected costs, and changes nothing else.
        """
        rows = [self._plan.row(payment.facts) for payment in payments]
        margins = self.margins(rows_of(rows))
        answers = [
            self._answer(margin, payment.facts.amount)
            for margin, payment in zip(margins, payments, strict=True)
        ]
        chosen = [
            index
            for index, answer in enumerate(answers)
            if explain or answer.decision is not Decision.APPROVE
        ]
        contributions = self._booster.contributions(rows_of(rows[index] for index in chosen))
        for index, parts in zip(chosen, contributions, strict=True):
            scored = Contributions(
                payments[index], rows[index], margins[index], parts[:-1], parts[-1]
            )
            answers[index] = self._completed(answers[index], scored, explain=explain)
        return answers

    def margins(self, rows: "array[float]") -> list[float]:
        """The log-odds before calibration of rows of features, as `booster.rows_of` makes them."""
        return self._booster.margins(rows)

    def probabilities(self, rows: "array[float]") -> list[float]:
        """The calibrated fraud probabilities of rows of features, the same that `assess` gives."""
        return [calibrated(margin, self.bundle.calibration) for margin in self.margins(rows)]

    def _answer(self, margin: float, amount: float) -> Assessment:
        probability = calibrated(margin, self.bundle.calibration)
        threshold = self.bundle.threshold
        decision = decide(probability, amount, self.bundle.policy)
        let_pass = probability >= threshold and decision is Decision.APPROVE
        return Assessment(
            fraud_probability=probability,
            threshold=threshold,
            is_fraud=probability >= threshold,
            decision=decision,
            reasons=(low_expected_loss(amount),) if let_pass else (),
        )

    def _completed(self, answer: Assessment, scored: Contributions, *, explain: bool) -> Assessment:
        """The answer with reasons if the payment is stopped, and with an explanation on request."""
        if answer.decision is not Decision.APPROVE:
            answer = answer._replace(reasons=self._reasons(scored))
        if not explain:
            return answer
        return answer._replace(
            explanation=self._explanation(scored),
            expected_costs=self.bundle.policy.expected_costs(
                answer.fraud_probability, scored.payment.facts.amount
            ),
        )

    def _reasons(self, scored: Contributions) -> tuple[Reason, ...]:
        facts = scored.payment.facts
        plan = self._plan
        observed = Observed(facts, plan.schema, self.bundle.typical, plan.learned.histories)
        possible = candidates(observed, plan.features, scored.row, scored.by_feature)
        as_usual = self.margins(rows_of(candidate.as_usual for candidate in possible))
        reasons = choose(possible, scored.margin, as_usual)
        return reasons or (high_expected_loss(facts.amount),)

    def _explanation(self, scored: Contributions) -> Explanation:
        by_feature = dict(zip(self._plan.names, scored.by_feature, strict=True))
        return Explanation(scored.base_value, scored.margin, by_feature)
