"""From a transaction to an assessment: features, probability, decision, reasons. Pure."""

import math
from array import array
from collections.abc import Sequence

from fraud_api_lambda.booster import Booster, BoosterError, rows_of
from fraud_api_lambda.bundle import Bundle, BundleError
from fraud_api_lambda.calibration import calibrated
from fraud_api_lambda.features import feature_row
from fraud_api_lambda.policy import decide
from fraud_api_lambda.reasons import MAX_REASONS, at_stake, candidates, low_expected_loss, told
from fraud_api_lambda.transaction import (
    Assessment,
    Decision,
    Explanation,
    Transaction,
)


class Scorer:
    """Answers how likely fraud is, by one model bundle.

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
        self._names = list(bundle.features)

    @classmethod
    def from_bundle(cls, bundle: Bundle, *, threads: int = 1) -> "Scorer":
        """A scorer that has given the bundle's known answer.

        Raises
        ------
        BundleError
            If the booster cannot be read, or answers otherwise than when it was packed.
        """
        try:
            scorer = cls(bundle, threads=threads)
            known = bundle.known_answer
            got = scorer.assess(known.transaction).fraud_probability
        except BoosterError as error:
            raise BundleError("the bundle's booster cannot be read") from error
        # The margin is a float32 sum, which another processor may round otherwise.
        if not math.isclose(got, known.fraud_probability, rel_tol=1e-5):
            raise BundleError("the bundle's known answer differs: it was made by another version")
        return scorer

    def assess(self, transaction: Transaction, *, explain: bool = False) -> Assessment:
        """The assessment of one transaction; see `assess_many`."""
        # Not by it: the lists for many would cost this one 2 %.
        row = feature_row(transaction, self._names)
        (margin,) = self.margins(array("f", row))
        answer = self._answer(margin, transaction.amount)
        if explain or answer.decision is not Decision.APPROVE:
            (parts,) = self._booster.contributions(array("f", row))
            return self._told(answer, transaction, row, margin, parts, explain=explain)
        return answer

    def assess_many(
        self, transactions: Sequence[Transaction], *, explain: bool = False
    ) -> list[Assessment]:
        """The assessments of transactions, in order.

        Reasons are given where the decision is not to approve, and everywhere if `explain`. Where
        the policy approves what the threshold calls fraud, it says so.
        """
        rows = [feature_row(transaction, self._names) for transaction in transactions]
        margins = self.margins(rows_of(rows))
        answers = [
            self._answer(margin, transaction.amount)
            for margin, transaction in zip(margins, transactions, strict=True)
        ]
        chosen = [
            index
            for index, answer in enumerate(answers)
            if explain or answer.decision is not Decision.APPROVE
        ]
        contributions = self._booster.contributions(rows_of(rows[index] for index in chosen))
        for index, parts in zip(chosen, contributions, strict=True):
            answers[index] = self._told(
                *(answers[index], transactions[index], rows[index], margins[index], parts),
                explain=explain,
            )
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

    def _told(
        self,
        answer: Assessment,
        transaction: Transaction,
        row: Sequence[float],
        margin: float,
        parts: Sequence[float],
        *,
        explain: bool,
    ) -> Assessment:
        """The answer with its reasons; `parts` are contributions, the base value last."""
        *contributions, base = parts
        typical = self.bundle.typical
        found = candidates(transaction, self._names, row, contributions, typical)
        usual = self.margins(rows_of(each.as_usual for each in found))
        because = told(found, margin, usual)
        if not because and answer.decision is not Decision.APPROVE:
            because = at_stake(transaction, typical)
        return answer._replace(
            reasons=(*answer.reasons, *because)[:MAX_REASONS],
            explanation=self._explanation(base, margin, contributions) if explain else None,
        )

    def _explanation(
        self, base: float, margin: float, contributions: Sequence[float]
    ) -> Explanation:
        return Explanation(base, margin, dict(zip(self._names, contributions, strict=True)))
