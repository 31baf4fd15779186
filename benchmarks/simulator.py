"""Do the simulators meet their targets? ``python -m benchmarks.simulator [--schema cards]``.

``--data FILE`` compares with PaySim's own rows. For card payments, see `card_simulator`.

The decision-time and strict models use the default settings of ``train``: SMOTE to a ratio of 0.1,
then XGBoost. Every model is fitted on the first 23 of thirty days and evaluated on the last six.
Models of one feature or of a pair see all frauds and a tenth of the genuine rows, weighted by ten.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from xgboost import XGBClassifier

from benchmarks.card_simulator import TARGETS as CARD_TARGETS
from benchmarks.card_simulator import CardSample
from fraud_api_lambda.domain.learned import Learned
from fraud_api_lambda.features.plan import Plan
from training.data.matrix import feature_matrix
from training.data.rows import Rows
from training.fitting.boosting import fit_rows
from training.fitting.pipeline import BOOSTER
from training.fitting.settings import Settings
from training.local.progress import reported
from training.metrics.labelled_scores import LabelledScores
from training.metrics.ranking import average_precision
from training.option_values import BUILT_IN
from training.reading.dataset import Dataset, read_dataset
from training.schemas.built_in import built_in
from training.simulator.events import PAYMENT
from training.simulator.paysim_totals import HOURLY, MEAN_AMOUNTS, MONEY_BY_HOUR, TYPE_SHARES
from training.simulator.simulate import simulate

FIT_DAYS: Final = 23
TEST_FROM_DAY: Final = 24
"""Days count from 0; day 23 is the gap."""

THINNED: Final = 10
BUSY: Final = 0.01
NIGHT: Final = 6
PAYSIM_DAYS: Final = (0, 1, *range(5, 13))
"""The days, from 0, whose totals the simulator follows."""

TYPOLOGIES: Final = {
    "take-over": 0.32,
    "small-repeats": 0.24,
    "mule-chain": 0.26,
    "scam": 0.10,
    "dormant-account": 0.08,
}
PAYSIM: Final = built_in("paysim")
TYPES: Final = list(PAYSIM.attributes["type"].levels)
PLAN: Final = Plan(PAYSIM, Learned(levels={"type": tuple(TYPES)}), "decision-time")
NAMES: Final = PLAN.names
EVERY: Final = tuple(range(len(NAMES)))
FEATURES: Final[dict[str, tuple[int, ...]]] = {
    "type": tuple(n for n in EVERY if NAMES[n].startswith("type_")),
    **{NAMES[n]: (n,) for n in EVERY},
}

type Measured = tuple[float, str]
"""A value, and a detail for the table that may differ between seeds."""


@dataclass(frozen=True)
class Sample:
    """One simulation: its frame, its features of shape (n_rows, 14), and the rows' weights."""

    frame: pd.DataFrame
    rows: np.ndarray
    weight: np.ndarray

    @classmethod
    def simulated(cls, rows: int, seed: int) -> "Sample":
        """A sample of simulated transactions."""
        frame = simulate(rows, seed)
        facts = Dataset.of(frame, PAYSIM).facts
        return cls(frame, feature_matrix(facts, PLAN), np.ones(len(frame)))

    @cached_property
    def is_fraud(self) -> np.ndarray:
        """Mask of the frauds."""
        return np.asarray(self.frame["isFraud"] == 1)

    @cached_property
    def thinned(self) -> "Sample":
        """All frauds and every tenth genuine row."""
        kept = self.is_fraud | (np.arange(len(self.rows)) % THINNED == 0)
        weight = np.where(self.is_fraud, 1.0, THINNED)[kept]
        return Sample(self.frame[kept], self.rows[kept], weight)

    def precision(self, columns: tuple[int, ...], **booster: Any) -> float:
        """Average precision, on the test days, of a model of these columns only."""
        day, rows = self.frame["step"].to_numpy() // 24, self.rows[:, columns]
        fit, test = day < FIT_DAYS, day >= TEST_FROM_DAY
        model = XGBClassifier(**{**BOOSTER, **booster}, random_state=0)
        model.fit(rows[fit], self.is_fraud[fit], sample_weight=self.weight[fit])
        score = model.predict_proba(rows[test])[:, 1]
        return average_precision(LabelledScores(self.is_fraud[test], score, self.weight[test]))

    def raw_precision(self, column: int) -> float:
        """Average precision of a column's values as scores, in the better of both directions."""
        test = self.frame["step"].to_numpy() // 24 >= TEST_FROM_DAY
        rising = LabelledScores(self.is_fraud[test], self.rows[test, column], self.weight[test])
        falling = rising.with_scores(-rising.scores)
        return max(average_precision(rising), average_precision(falling))

    def default_model(self, feature_set: str) -> float:
        """Average precision, on the test days, of the default model with a feature set."""
        rows = Rows.of(Dataset.of(self.frame, PAYSIM))
        day = rows.steps // 24
        fit, test = rows[day < FIT_DAYS], rows[day >= TEST_FROM_DAY]
        boosted = fit_rows(fit, feature_set, Settings())
        return average_precision(test.labelled(boosted.margins(test)))

    @cached_property
    def model(self) -> float:
        """Average precision of the decision-time model."""
        return self.default_model("decision-time")


def best_feature(sample: Sample) -> Measured:
    """Average precision of the best single feature, as raw scores or in a model of its own.

    Relative to the decision-time model.
    """
    found = {name: sample.thinned.precision(columns) for name, columns in FEATURES.items()}
    for column, name in enumerate(NAMES):
        found[name] = max(found[name], sample.raw_precision(column))
    return _best(found, sample)


def best_pair(sample: Sample) -> Measured:
    """Average precision of the best pair of features, relative to the decision-time model.

    The five columns of the type also count as one feature.
    """
    found = {
        f"{one} + {other}": sample.thinned.precision(FEATURES[one] + FEATURES[other])
        for one, other in combinations(FEATURES, 2)
        if one != "type" or not other.startswith("type_")
    }
    return _best(found, sample)


def _best(found: dict[str, float], sample: Sample) -> Measured:
    name = max(found, key=lambda each: found[each])
    return found[name] / sample.model, f"{found[name]:.3f} {name}"


def strict(sample: Sample) -> Measured:
    """Average precision of the strict model."""
    return sample.default_model("strict"), ""


def stump(sample: Sample) -> Measured:
    """Average precision of a single split, relative to the decision-time model."""
    found = sample.precision(EVERY, n_estimators=1, max_depth=1, learning_rate=1.0)
    return found / sample.model, f"{found:.3f}"


def by_type(sample: Sample, *, money: bool) -> Measured:
    """Largest deviation from PaySim's shares of the types, or from their mean amounts."""
    shares = sample.frame["type"].value_counts(normalize=True)[TYPES].to_numpy()
    means = sample.frame.groupby("type", observed=False)["amount"].mean()[TYPES].to_numpy()
    return _furthest(means, MEAN_AMOUNTS) if money else _furthest(shares, TYPE_SHARES)


def by_hour(sample: Sample, *, money: bool) -> Measured:
    """Largest deviation, in busy hours, from PaySim's shares of the rows or of the money."""
    hourly = _totals(HOURLY[[int(kind == PAYMENT) for kind in range(len(TYPES))]], TYPE_SHARES)
    wanted = _totals(MONEY_BY_HOUR, TYPE_SHARES * MEAN_AMOUNTS) if money else hourly
    weight = sample.frame["amount"] if money else sample.weight
    found = np.bincount(sample.frame["step"] % 24, weights=weight, minlength=24)
    busy = hourly >= BUSY
    return _furthest((found / found.sum())[busy], wanted[busy])


def _totals(tables: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Shares of the hours over all types."""
    total = weights @ (tables / tables.sum(axis=1, keepdims=True))
    return np.asarray(total / total.sum())


def _furthest(found: np.ndarray, wanted: np.ndarray) -> Measured:
    return float(np.abs(found / wanted - 1).max()), ""


def typologies(sample: Sample) -> Measured:
    """Largest difference between a typology's share of the frauds and its intended share."""
    found = sample.frame["typology"][sample.is_fraud].value_counts(normalize=True)
    shown = " ".join(f"{found[name]:.3f}" for name in TYPOLOGIES)
    return max(abs(found[name] - share) for name, share in TYPOLOGIES.items()), shown


def emptying(sample: Sample) -> Measured:
    """Share of genuine transfers and cash-outs that take 95 to 100 % of the balance."""
    genuine = sample.frame[~sample.is_fraud & sample.frame["type"].isin(["TRANSFER", "CASH_OUT"])]
    amount, balance = genuine["amount"], genuine["oldbalanceOrg"]
    return float(((amount >= 0.95 * balance) & (amount <= balance)).mean()), ""


def night_frauds(sample: Sample) -> Measured:
    """Share of frauds from midnight to 06:00, relative to that of genuine rows."""
    night = sample.frame["step"].to_numpy() % 24 < NIGHT
    return float(night[sample.is_fraud].mean() / night[~sample.is_fraud].mean()), ""


def realism(sample: Sample, *, real: pd.DataFrame) -> Measured:
    """ROC AUC of a model that separates real rows from simulated ones by type, amount and hour."""
    chosen = real[(real["isFraud"] == 0) & (real["step"] // 24).isin(PAYSIM_DAYS)]
    genuine = sample.frame[~sample.is_fraud].sample(len(chosen), random_state=0)
    both = pd.concat([chosen, genuine], keys=[0, 1])
    types = [(both["type"] == kind).to_numpy() for kind in TYPES]
    rows = np.column_stack([*types, np.log1p(both["amount"]), both["step"] % 24])
    simulated = both.index.get_level_values(0).to_numpy()
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    model = XGBClassifier(**BOOSTER, random_state=0)
    score = cross_val_predict(model, rows, simulated, cv=folds, method="predict_proba")[:, 1]
    weight = both.get("weight", pd.Series(1.0, both.index)).fillna(1.0)
    return float(roc_auc_score(simulated, score, sample_weight=weight)), ""


TARGETS: Final[dict[str, tuple[Callable[[Sample], Measured], float, float]]] = {
    "average precision, decision-time": (lambda sample: (sample.model, ""), 0.35, 0.60),
    "average precision, strict": (strict, 0.10, 0.30),
    "best feature / decision-time": (best_feature, 0, 0.5),
    "best depth-1 tree / decision-time": (stump, 0, 0.5),
    "best pair / decision-time": (best_pair, 0, 0.5),
    "shares of typologies, largest error": (typologies, 0, 0.01),
    "counts by type, largest error": (partial(by_type, money=False), 0, 0.1),
    "mean amounts by type, largest error": (partial(by_type, money=True), 0, 0.1),
    "counts by busy hour, largest error": (partial(by_hour, money=False), 0, 0.1),
    "money by busy hour, largest error": (partial(by_hour, money=True), 0, 0.1),
    "genuine payouts of 95 to 100 %": (emptying, 0.01, 0.02),
    "frauds at night / genuine at night": (night_frauds, 0, 3),
}
"""By name in the table: the measure, and the bounds of its median over the seeds."""


def main() -> None:
    """Read the options, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seeds", default="0,1,2", help="with commas between")
    parser.add_argument("--schema", choices=BUILT_IN, default=BUILT_IN[0])
    parser.add_argument("--data", type=Path, metavar="FILE", help="PaySim's rows, CSV or Parquet")
    options = parser.parse_args()
    if options.data and options.schema != BUILT_IN[0]:
        parser.error(f"--data: PaySim's rows; leave out --schema {options.schema}")
    cards = options.schema == "cards"
    make = CardSample.simulated if cards else Sample.simulated
    targets: dict[str, Any] = dict(CARD_TARGETS if cards else TARGETS)
    seeds = [int(seed) for seed in options.seeds.split(",")]
    if options.data:
        compare = partial(realism, real=read_dataset(options.data, PAYSIM).frame)
        targets["ROC AUC, real against simulated"] = (compare, 0, 0.65)
    shown = Table("target", "wanted", *(f"seed {seed}" for seed in seeds), "median", "met")
    measured = zip(
        *(list(_measured(make, options.rows, seed, targets)) for seed in seeds), strict=True
    )
    for (name, (_, low, high)), found in zip(targets.items(), measured, strict=True):
        shown.add_row(name, f"{low:g} to {high:g}", *_cells(found, low, high))
    Console(width=220).print(shown)


def _measured(
    make: Callable[[int, int], Any], rows: int, seed: int, targets: dict[str, Any]
) -> Iterator[Measured]:
    with reported() as begin:
        begin(f"seed {seed}: simulate {rows:,} rows")
        sample = make(rows, seed)
        for name, (measure, _, _) in targets.items():
            begin(f"seed {seed}: {name}")
            yield measure(sample)


def _cells(found: tuple[Measured, ...], low: float, high: float) -> list[str]:
    median = float(np.median([value for value, _ in found]))
    values = [f"{value:.3f}" + (f" ({what})" if what else "") for value, what in found]
    return [*values, f"{median:.3f}", "yes" if low <= median <= high else "NO"]


if __name__ == "__main__":
    main()
