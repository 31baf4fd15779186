"""What do monotone constraints on the amount cost? ``python -m benchmarks.monotone``.

Compares models with XGBoost's `monotone_constraints` to the model without, on the same later days.
The days are simulated (``--rows``, ``--seeds``) or come from a file (``--data``, ``--train-until``,
``--test-from``), whose rows after ``--until`` are ignored. `falls` is the share of payers for whom
the odds of fraud more than halve somewhere while the amount grows from 1 % to 400 % of their
balance.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from rich.console import Console
from rich.table import Table

from fraud_api_lambda.features.payment import FEATURE_SETS, Facts
from training.data.matrix import feature_matrix
from training.data.rows import Rows
from training.data.split_rows import SplitRows
from training.data.transactions import read_transactions
from training.fitting.boosting import margins_of
from training.fitting.calibration import probabilities_of
from training.fitting.fitted_model import FittedModel, fit_model
from training.fitting.resampling_comparison import comparison
from training.fitting.settings import Settings
from training.local.progress import reported
from training.metrics.calibration import log_loss
from training.metrics.ranking import average_precision
from training.simulator.simulate import simulate

PAYERS: Final = 500
SHARES: Final = np.geomspace(0.01, 4.0, 100)

NEVER_FALLING: Final = "without emptied, nearly_emptied"
"""A feature set without the two features that are 1 only in a range of amounts. With them, the
probability can fall again as the amount grows, whatever the constraints."""

ARMS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "none": ("decision-time", ()),
    "amount": ("decision-time", ("amount",)),
    "amount, exceeds_balance": ("decision-time", ("amount", "exceeds_balance")),
    f"these and share_leaving, {NEVER_FALLING}": (
        NEVER_FALLING,
        ("amount", "exceeds_balance", "share_leaving"),
    ),
}
"""By name in the table: the feature set, and its features that may only raise the probability."""


def fitted(rows: SplitRows, seed: int, arm: str) -> FittedModel:
    """Fit the model of an arm as `train` would."""
    feature_set, rising = ARMS[arm]
    names = FEATURE_SETS[feature_set]
    constraints = tuple(int(name in rising) for name in names)
    settings = Settings(seed=seed, booster={"monotone_constraints": constraints})
    return fit_model(rows, feature_set, settings, for_comparison=True)


def falls(arm: FittedModel, rows: Rows) -> float:
    """The share of payers for whom the odds of fraud more than halve as the amount grows."""
    facts = rows.facts
    sends = np.isin(np.asarray(facts.type), ("CASH_OUT", "TRANSFER")) & (facts.balance > 0)
    payers = np.flatnonzero(sends)
    payers = payers[:: max(1, len(payers) // PAYERS)]
    repeated = np.repeat(payers, len(SHARES))
    grown = Facts(*(column[repeated] for column in facts))._replace(
        amount=np.outer(facts.balance[payers], SHARES).ravel()
    )
    margins = margins_of(arm.booster, feature_matrix(grown, FEATURE_SETS[arm.feature_set]))
    probabilities = probabilities_of(margins, arm.calibration)
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
            yield f"seed {seed}", SplitRows.by_time(Rows.of(simulate(options.rows, seed))), seed
        return
    frame = read_transactions(options.data)
    frame = frame[frame["step"] <= options.until].reset_index(drop=True)
    rows = SplitRows.by_time(
        Rows.of(frame), train_until=options.train_until, test_from=options.test_from
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
    FEATURE_SETS[NEVER_FALLING] = tuple(
        name for name in FEATURE_SETS["decision-time"] if name not in {"emptied", "nearly_emptied"}
    )
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
