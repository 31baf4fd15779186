"""The targets of the card simulator: hard enough, and not solvable by one column."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
from xgboost import XGBClassifier

from fraud_api_lambda.domain.schema import Kind, Schema
from fraud_api_lambda.features.places import Place, distance_km
from training.data.elementwise import COLUMNS
from training.fitting.pipeline import BOOSTER
from training.metrics.labelled_scores import LabelledScores
from training.metrics.ranking import average_precision
from training.schemas.built_in import built_in
from training.simulator.cards.simulate import simulate

FIT_DAYS: Final = 23
TEST_FROM_DAY: Final = 24
"""Days count from 0; day 23 is the gap."""

SMALL_TREES: Final = {"max_depth": 3, "n_estimators": 50}

TYPOLOGIES: Final = {
    "take-over": 0.28,
    "card-testing": 0.18,
    "compromised-merchant": 0.29,
    "fraudulent-merchant": 0.15,
    "dormant-card": 0.10,
}

type Measured = tuple[float, str]
"""A value, and a detail for the table that may differ between seeds."""


@dataclass(frozen=True)
class CardSample:
    """One simulation of card payments, in the columns of a schema."""

    frame: pd.DataFrame
    schema: Schema

    @classmethod
    def simulated(cls, rows: int, seed: int) -> "CardSample":
        """A sample of simulated card payments."""
        return cls(simulate(rows, seed), built_in("cards"))

    @cached_property
    def is_fraud(self) -> np.ndarray:
        """Mask of the frauds."""
        return np.asarray(self.frame[self.schema.roles.label] == 1)

    @cached_property
    def hours(self) -> np.ndarray:
        """Whole hours since the first day began."""
        time = pd.to_datetime(self.frame[self.schema.roles.time.column])
        return np.asarray((time - time.iloc[0].normalize()) // pd.Timedelta(hours=1))

    @cached_property
    def fit(self) -> np.ndarray:
        """Mask of the rows on which models are fitted."""
        return self.hours // 24 < FIT_DAYS

    @cached_property
    def test(self) -> np.ndarray:
        """Mask of the rows on which they are evaluated."""
        return self.hours // 24 >= TEST_FROM_DAY

    @cached_property
    def features(self) -> dict[str, np.ndarray]:
        """Columns by feature, of shape (n_rows, n_columns): all facts of one payment."""
        attributes, frame = self.schema.attributes.values(), self.frame
        found = {"hour": self.hours % 24, "amount": frame[self.schema.roles.amount].to_numpy()}
        for attribute in attributes:
            for column in attribute.columns:
                is_category = attribute.kind is Kind.CATEGORY
                found[column] = np.asarray(
                    pd.get_dummies(frame[column]) if is_category else frame[column], dtype=float
                )
        places = [attribute.columns for attribute in attributes if attribute.kind is Kind.PLACE]
        one, other = (Place(*(frame[name].to_numpy() for name in names)) for names in places)
        found["distance"] = distance_km(one, other, COLUMNS)
        return {name: column.reshape(len(frame), -1) for name, column in found.items()}

    @cached_property
    def identities(self) -> dict[str, np.ndarray]:
        """Columns by entity: the share of frauds among its payments on the days of the fit."""
        roles, rates = self.schema.roles, {}
        for name in filter(None, (roles.payer, roles.payee, *self.schema.entities.values())):
            known = pd.Series(self.is_fraud[self.fit]).groupby(
                self.frame[name][self.fit].to_numpy()
            )
            rates[name] = self.frame[name].map(known.mean()).to_numpy().reshape(-1, 1)
        return rates

    def precision(self, columns: np.ndarray, **booster: Any) -> float:
        """Average precision, on the test days, of a model of these columns only."""
        model = XGBClassifier(**{**BOOSTER, **booster}, random_state=0)
        model.fit(columns[self.fit], self.is_fraud[self.fit])
        scores = model.predict_proba(columns[self.test])[:, 1]
        ones = np.ones(len(scores))
        return average_precision(LabelledScores(self.is_fraud[self.test], scores, ones))

    @cached_property
    def every(self) -> np.ndarray:
        """All features, of shape (n_rows, n_columns)."""
        return np.hstack(list(self.features.values()))

    @cached_property
    def model(self) -> float:
        """Average precision of the model of all features."""
        return self.precision(self.every)


def best_column(sample: CardSample) -> Measured:
    """Average precision of small trees on the best single column, relative to the model."""
    columns = {**sample.features, **sample.identities}
    found = {name: sample.precision(column, **SMALL_TREES) for name, column in columns.items()}
    name = max(found, key=lambda column: found[column])
    return found[name] / sample.model, f"{found[name]:.3f} {name}"


def stump(sample: CardSample) -> Measured:
    """Average precision of a single split, relative to the model."""
    found = sample.precision(sample.every, n_estimators=1, max_depth=1, learning_rate=1.0)
    return found / sample.model, f"{found:.3f}"


def typologies(sample: CardSample) -> Measured:
    """Largest difference between a typology's share of the frauds and its intended share."""
    found = sample.frame["typology"][sample.is_fraud].value_counts(normalize=True)
    shown = " ".join(f"{found[name]:.3f}" for name in TYPOLOGIES)
    return max(abs(found[name] - share) for name, share in TYPOLOGIES.items()), shown


def unknown_devices(sample: CardSample) -> Measured:
    """Share of genuine online payments on an unknown device."""
    online = sample.frame["channel"] == "online"
    return float(1 - sample.frame["device_is_known"][~sample.is_fraud & online].mean()), ""


TARGETS: Final[dict[str, tuple[Callable[[CardSample], Measured], float, float]]] = {
    "average precision, all columns": (lambda sample: (sample.model, ""), 0.4, 0.8),
    "best single column / all": (best_column, 0, 0.5),
    "best depth-1 tree / all": (stump, 0, 0.5),
    "share of frauds": (lambda sample: (float(sample.is_fraud.mean()), ""), 0.003, 0.006),
    "shares of typologies, largest error": (typologies, 0, 0.01),
    "genuine online, unknown device": (unknown_devices, 0.02, 0.08),
}
"""By name in the table: the measure, and the bounds of its median over the seeds."""
