"""What do monotone constraints on the amount cost? ``python -m benchmarks.monotone``.

Compares models with XGBoost's `monotone_constraints` to the model without, on the same later days.
The days are simulated (``--rows``, ``--seeds``) or come from a file (``--data``, ``--train-until``,
``--test-from``), whose rows after ``--until`` are ignored. `falls` is the share of payers for whom
the odds of fraud more than halve somewhere while the amount grows from 1 % to 400 % of their
balance.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from rich.console import Console
from rich.table import Table

from fraud_api_lambda.domain.schema import Schema
from fraud_api_lambda.features.feature import Feature, Input
from training.data.encoder import Encoder, encoder_of
from training.data.rows import Rows
from training.data.split_rows import SplitRows
from training.fitting.boosting import Boosted, fit_matrix
from training.fitting.engine import LocalEngine
from training.fitting.fitted_model import FittedModel, fit_model
from training.fitting.resampling_comparison import comparison
from training.fitting.settings import Settings
from training.local.progress import reported
from training.metrics.calibration import log_loss
from training.metrics.ranking import average_precision
from training.reading.dataset import Dataset, read_dataset
from training.schemas.built_in import built_in
from training.simulator.simulate import simulate

PAYERS: Final = 500
SHARES: Final = np.geomspace(0.01, 4.0, 100)

RANGES: Final = ("emptied", "nearly_emptied")
"""The features that are 1 only in a range of amounts. With them, the probability can fall again as
the amount grows, whatever the constraints."""

ARMS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "none": ((), ()),
    "amount": ((), ("amount",)),
    "amount, exceeds_balance": ((), ("amount", "exceeds_balance")),
    f"these and share_leaving, without {', '.join(RANGES)}": (
        RANGES,
        ("amount", "exceeds_balance", "share_leaving"),
    ),
}
"""By name in the table: the features left out, and those that may only raise the probability."""


@dataclass(frozen=True, slots=True)
class Without:
    """An encoder without some of its features."""

    encoder: Encoder
    left_out: tuple[str, ...]

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The columns of `matrix`."""
        return self.encoder.inputs

    @property
    def schema(self) -> Schema:
        """The schema of the rows."""
        return self.encoder.schema

    @property
    def has_histories(self) -> bool:
        """Whether features are made of account histories."""
        return self.encoder.has_histories

    @property
    def features(self) -> tuple[Feature, ...]:
        """The features that are left."""
        return tuple(each for each in self.encoder.features if each.name not in self.left_out)

    def matrix(self, rows: Rows) -> np.ndarray:
        """The input of the pipeline."""
        return self.encoder.matrix(rows)

    def derive(self, matrix: np.ndarray) -> np.ndarray:
        """The input of the booster."""
        return self._kept(self.encoder.derive(matrix))

    def encoded(self, rows: Rows) -> np.ndarray:
        """The input of the booster for real rows."""
        return self._kept(self.encoder.encoded(rows))

    def _kept(self, matrix: np.ndarray) -> np.ndarray:
        return matrix[:, [each.name not in self.left_out for each in self.encoder.features]]


@dataclass(frozen=True, slots=True)
class Constrained(LocalEngine):
    """Fits a booster of an arm."""

    arm: str

    def fit(self, rows: Rows, feature_set: str, settings: Settings) -> Boosted:
        """Fit a booster with the features and constraints of the arm."""
        left_out, rising = ARMS[self.arm]
        encoder = Without(encoder_of(rows, feature_set), left_out)
        constraints = tuple(int(each.name in rising) for each in encoder.features)
        constrained = replace(settings, booster={"monotone_constraints": constraints})
        return fit_matrix(encoder.matrix(rows), rows.is_fraud, rows.weights, encoder, constrained)


def fitted(rows: SplitRows, seed: int, arm: str) -> FittedModel:
    """Fit the model of an arm as `train` would."""
    settings = Settings(seed=seed)
    engine = Constrained(arm)
    return fit_model(rows, "decision-time", settings, engine=engine, for_comparison=True)


def falls(arm: FittedModel, rows: Rows) -> float:
    """The share of payers for whom the odds of fraud more than halve as the amount grows."""
    balances = np.asarray(rows.facts.balance)
    sends = np.isin(np.asarray(rows.attribute("type")), ("CASH_OUT", "TRANSFER")) & (balances > 0)
    payers = np.flatnonzero(sends)
    payers = payers[:: max(1, len(payers) // PAYERS)]
    repeated = rows[np.repeat(payers, len(SHARES))]
    amounts = np.outer(balances[payers], SHARES).ravel()
    grown = replace(repeated, facts=repeated.facts._replace(amount=amounts))
    probabilities = arm.score(grown).probabilities
    log_odds = (np.log(probabilities) - np.log1p(-probabilities)).reshape(-1, len(SHARES))
    fallen = np.maximum.accumulate(log_odds, axis=1) - log_odds
    return float((fallen.max(axis=1) > np.log(2)).mean())


def shown(name: str, rows: SplitRows, seed: int) -> Iterator[list[str]]:
    """A row of the table for each arm, on the test window."""
    first = None
    for arm_name in ARMS:
        arm = fitted(rows, seed, arm_name)
        predicted = arm.score(rows.test).predicted
        first = first or predicted
        compared = comparison(first, predicted.scores, seed=seed)
        yield [
            name,
            arm_name,
            f"{average_precision(predicted):.4f}",
            interval(
                compared["average_precision_gain"],
                compared["average_precision_gain_low"],
                compared["average_precision_gain_high"],
                "+.4f",
            ),
            f"{1000 * log_loss(predicted):.3f}",
            interval(
                compared["log_loss_saved"],
                compared["log_loss_saved_low"],
                compared["log_loss_saved_high"],
                "+.1%",
            ),
            f"{falls(arm, rows.test):.0%}",
        ]


def interval(value: float, low: float, high: float, digits: str) -> str:
    """A difference with its 95 % interval."""
    return f"{value:{digits}} ({low:{digits}} to {high:{digits}})"


def periods(options: argparse.Namespace) -> Iterator[tuple[str, SplitRows, int]]:
    """Yield the name, the split rows and the seed of each data set to compare on."""
    seeds = [int(seed) for seed in options.seeds.split(",")]
    if options.data is None:
        for seed in seeds:
            simulated = Rows.of(Dataset.of(simulate(options.rows, seed), built_in("paysim")))
            yield f"seed {seed}", SplitRows.by_time(simulated), seed
        return
    given = Rows.of(read_dataset(options.data, built_in("paysim")))
    rows = SplitRows.by_time(
        given[given.steps <= options.until],
        train_until=options.train_until,
        test_from=options.test_from,
    )
    for seed in seeds:
        yield f"{options.data.stem}, seed {seed}", rows, seed


def main() -> None:
    """Read the options, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--seeds", default="0,1,2", help="with commas between")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--train-until", type=int, default=144)
    parser.add_argument("--test-from", type=int, default=169)
    parser.add_argument("--until", type=int, default=240)
    options = parser.parse_args()
    table = Table(
        "data",
        "may only rise",
        "average precision",
        "gained (95 %)",
        "1,000 log loss",
        "saved (95 %)",
        "falls",
    )
    with reported() as begin:
        for name, rows, seed in periods(options):
            begin(f"{name}: fitting {len(ARMS)} arms")
            for row in shown(name, rows, seed):
                table.add_row(*row)
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
