"""From a transaction to an assessment: features, probability, decision, reasons. Pure."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import xgboost as xgb

from fraud_api_lambda.bundle import Bundle, BundleError
from fraud_api_lambda.calibration import calibrated
from fraud_api_lambda.features import feature_row
from fraud_api_lambda.policy import decide
from fraud_api_lambda.reasons import MAX_REASONS, at_stake, low_expected_loss, reasons_for
from fraud_api_lambda.transaction import (
    Assessment,
    Decision,
    Explanation,
    Transaction,
    TransactionType,
)

type Matrix = np.ndarray[tuple[int, int], np.dtype[np.float32]]


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
        self._booster = _booster(bundle.booster, threads)
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
            expected = known["fraud_probability"]
            transaction = Transaction(
                **{**known["transaction"], "type": TransactionType(known["transaction"]["type"])}
            )
            got = scorer.assess(transaction).fraud_probability
        except (KeyError, TypeError, ValueError, xgb.core.XGBoostError) as error:
            raise BundleError(f"the bundle cannot be used: {type(error).__name__}") from error
        # The margin is a float32 sum, which another processor may round otherwise.
        if not math.isclose(got, expected, rel_tol=1e-5):
            raise BundleError("the bundle's known answer differs: it was made by another version")
        return scorer

    def assess(self, transaction: Transaction, *, explain: bool = False) -> Assessment:
        """The assessment of one transaction; see `assess_many`."""
        return self.assess_many([transaction], explain=explain)[0]

    def assess_many(
        self, transactions: Sequence[Transaction], *, explain: bool = False
    ) -> list[Assessment]:
        """The assessments of transactions, in order.

        Reasons are given where the decision is not to approve, and everywhere if `explain`. Where
        the policy approves what the threshold calls fraud, it says so.
        """
        rows = [feature_row(transaction, self._names) for transaction in transactions]
        matrix: Matrix = np.array(rows, dtype=np.float32)
        margins = self.margins(matrix)
        answers = [
            self._answer(margin, transaction.amount)
            for margin, transaction in zip(margins, transactions, strict=True)
        ]
        chosen = [
            index
            for index, answer in enumerate(answers)
            if explain or answer.decision is not Decision.APPROVE
        ]
        parts = self._contributions(matrix[chosen]) if chosen else []
        for index, (*contributions, base) in zip(chosen, parts, strict=True):
            because = reasons_for(
                transactions[index], self._names, rows[index], contributions, self.bundle.typical
            )
            if not because and answers[index].decision is not Decision.APPROVE:
                because = at_stake(transactions[index], self.bundle.typical)
            details = self._explanation(base, margins[index], contributions) if explain else None
            answers[index] = replace(
                answers[index],
                reasons=(*answers[index].reasons, *because)[:MAX_REASONS],
                explanation=details,
            )
        return answers

    def margins(self, matrix: Matrix) -> list[float]:
        """The log-odds before calibration of rows of features, shape (n_transactions,)."""
        predicted = self._booster.inplace_predict(
            matrix, predict_type="margin", validate_features=False
        )
        margins: list[float] = predicted.tolist()
        return margins

    def probabilities(self, matrix: Matrix) -> list[float]:
        """The calibrated fraud probabilities of rows of features, the same that `assess` gives."""
        return [calibrated(margin, self.bundle.calibration) for margin in self.margins(matrix)]

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

    def _contributions(self, matrix: Matrix) -> list[list[float]]:
        """Per row, what each feature added to the log-odds, and the base value last."""
        parts = self._booster.predict(
            xgb.DMatrix(matrix, nthread=1), pred_contribs=True, validate_features=False
        )
        contributions: list[list[float]] = parts.tolist()
        return contributions

    def _explanation(
        self, base: float, margin: float, contributions: Sequence[float]
    ) -> Explanation:
        return Explanation(base, margin, dict(zip(self._names, contributions, strict=True)))


def _booster(model: bytes, threads: int) -> xgb.Booster:
    booster = xgb.Booster({"nthread": threads})
    booster.load_model(bytearray(model))
    return booster
