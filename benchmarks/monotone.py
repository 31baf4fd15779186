"""May the probability be kept from falling with the amount? ``python -m benchmarks.monotone``.

Arms with XGBoost's `monotone_constraints` beside the one without, on the same later days: simulated
ones (``--rows``, ``--seeds``), or those of a file (``--data``, ``--train-until``, ``--test-from``,
of which rows after ``--until`` are never looked at). `falls` is the share of payers for whom the
odds of fraud more than halve somewhere while the amount grows from 1 % to 400 % of their balance.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from rich.console import Console
from rich.table import Table

from fraud_api_lambda.features import FEATURE_SETS, Facts
from training.data.matrix import feature_matrix
from training.data.rows import Data
from training.data.time_split import Split, Window, split_by_time
from training.data.transactions import read_transactions
from training.fitting.fitted_model import Arm, fit_arm
from training.fitting.resampling_comparison import comparison
from training.fitting.settings import Settings
from training.local.progress import reported
from training.metrics.calibration import log_loss
from training.metrics.labelled_scores import LabelledScores
from training.metrics.ranking import average_precision
from training.simulator.simulate import simulate

PAYERS: Final = 500
SHARES: Final = np.geomspace(0.01, 4.0, 100)

NEVER_FALLING: Final = "without emptied, nearly_emptied"
"""What is 1 only between two amounts can rise and must fall again: left out, nothing need fall."""

ARMS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "none": ("decision-time", ()),
    "amount": ("decision-time", ("amount",)),
    "amount, exceeds_balance": ("decision-time", ("amount", "exceeds_balance")),
    f"these and share_leaving, {NEVER_FALLING}": (
        NEVER_FALLING,
        ("amount", "exceeds_balance", "share_leaving"),
    ),
}
"""Features and those of them that may only raise the probability, by what the table calls it."""


def fitted(data: Data, split: Split, seed: int, arm: str) -> Arm:
    """The arm, fitted as `train` fits any."""
    feature_set, rising = ARMS[arm]
    names = FEATURE_SETS[feature_set]
    constraints = tuple(int(name in rising) for name in names)
    settings = Settings(seed=seed, booster={"monotone_constraints": constraints})
    return fit_arm(data, split, feature_set, settings, for_comparison=True)


def falls(arm: Arm, data: Data, window: Window) -> float:
    """Of payers who send money, for how many the odds more than halve as the amount grows."""
    facts = data.facts
    sends = np.isin(np.asarray(facts.type), ("CASH_OUT", "TRANSFER")) & (facts.balance > 0)
    rows = np.flatnonzero(sends & window.holds(data.steps))
    rows = rows[:: max(1, len(rows) // PAYERS)]
    each = np.repeat(rows, len(SHARES))
    grown = Facts(*(column[each] for column in facts))._replace(
        amount=np.outer(facts.balance[rows], SHARES).ravel()
    )
    probabilities = arm.probabilities(feature_matrix(grown, FEATURE_SETS[arm.feature_set]))
    log_odds = (np.log(probabilities) - np.log1p(-probabilities)).reshape(len(rows), len(SHARES))
    fallen = np.maximum.accumulate(log_odds, axis=1) - log_odds
    return float((fallen.max(axis=1) > np.log(2)).mean())


def shown(name: str, data: Data, split: Split, seed: int) -> Iterator[list[str]]:
    """A row of the table for each arm, on the test window."""
    inside = split.test.holds(data.steps)
    is_fraud, weights = data.is_fraud[inside], data.weights[inside]
    first = None
    for arm_name in ARMS:
        arm = fitted(data, split, seed, arm_name)
        first = first or arm
        found = comparison(first, arm, data, split.test, seed=seed)
        predicted = LabelledScores(is_fraud, arm.probabilities_in(data, split.test), weights)
        yield [
            name,
            arm_name,
            f"{average_precision(predicted):.4f}",
            interval(found, "average_precision_gain", "+.4f"),
            f"{1000 * log_loss(predicted):.3f}",
            interval(found, "log_loss_saved", "+.1%"),
            f"{falls(arm, data, split.test):.0%}",
        ]


def interval(found: dict[str, Any], name: str, digits: str) -> str:
    """A difference with its 95 % interval."""
    value, low, high = (format(found[name + part], digits) for part in ("", "_low", "_high"))
    return f"{value} ({low} to {high})"


def periods(options: argparse.Namespace) -> Iterator[tuple[str, Data, Split, int]]:
    """The data of each row group: its name, rows, windows and seed."""
    seeds = [int(seed) for seed in options.seeds.split(",")]
    if options.data is None:
        for seed in seeds:
            data = Data.of(simulate(options.rows, seed))
            yield f"seed {seed}", data, split_by_time(data.steps, data.is_fraud), seed
        return
    frame = read_transactions(options.data)
    frame = frame[frame["step"] <= options.until].reset_index(drop=True)
    data = Data.of(frame)
    split = split_by_time(
        data.steps, data.is_fraud, train_until=options.train_until, test_from=options.test_from
    )
    for seed in seeds:
        yield f"{options.data.stem}, seed {seed}", data, split, seed


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
        for name, data, split, seed in periods(options):
            begin(f"{name}: fitting {len(ARMS)} arms")
            for row in shown(name, data, split, seed):
                table.add_row(*row)
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
