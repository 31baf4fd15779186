"""Simulated transactions with known frauds, in PaySim's columns.

Events are drawn for all the data at once; a ledger then settles them in time order, so that each
balance follows from the earlier ones. The sources are the description of PaySim (Lopez-Rojas,
Elmir and Axelsson, EMSS 2016) and totals of the published file.
"""

from collections.abc import Callable
from functools import partial
from math import ceil
from typing import Final

import numpy as np
import pandas as pd

from training.errors import InputError
from training.simulator.accounts import account_ids
from training.simulator.events import TYPES, Events
from training.simulator.ledger import CHUNK, settle
from training.simulator.population import Population, Typology, populate
from training.simulator.reports import report_delays
from training.simulator.traffic import reserves, traffic
from training.simulator.typologies import count_frauds, frauds

MIN_ROWS: Final = 1_000

TYPOLOGIES: Final = tuple(typology.name.lower().replace("_", "-") for typology in Typology)
"""The values of the column `typology`."""


def simulated_steps(rows: int) -> int:
    """The number of calls of `progress` that `simulate` makes."""
    return 1 + ceil(rows / CHUNK)


def simulate(
    rows: int, seed: int, *, days: int = 30, progress: Callable[[str], None] = lambda _: None
) -> pd.DataFrame:
    """Simulate the transactions of `days` days, in time order.

    Parameters
    ----------
    rows : int
        At least 1,000.
    seed : int
        Same seed, same rows.
    days : int
    progress : callable
        Called with the same text each time; `simulated_steps` gives the number of calls.

    Returns
    -------
    DataFrame of shape (rows, 13)
        PaySim's eleven columns; `typology`; and `label_time`, the step at which the row was
        reported as a fraud, empty if it never was. The last two are never features.

    Raises
    ------
    InputError
        If there are too few rows to hold both classes.
    """
    if rows < MIN_ROWS:
        raise InputError(f"--rows {rows}: too few to hold frauds; give {MIN_ROWS:,} or more")
    step = f"simulating {rows:,} transactions"
    progress(step)
    random = np.random.default_rng(seed)
    people = populate(random, rows, days)
    genuine = traffic(random, people, rows - count_frauds(rows))
    stolen, victims = frauds(random, people, rows)
    stolen.chain[stolen.chain >= 0] += genuine.chain.max() + 1
    events = Events.merged(genuine, stolen)
    settled = settle(events, people.balances, reserves(random), victims, partial(progress, step))
    return _frame(people, events, settled).assign(**_labels(random, events, settled))


def _frame(people: Population, events: Events, settled: dict[str, np.ndarray]) -> pd.DataFrame:
    accounts = account_ids(people)
    return pd.DataFrame(
        {
            "step": events.step,
            "type": pd.Categorical.from_codes(events.kind, categories=pd.Index(TYPES)),
            "amount": settled["amount"],
            "nameOrig": accounts[settled["payer"].astype(int)],
            "oldbalanceOrg": settled["payer_before"],
            "newbalanceOrig": settled["payer_after"],
            "nameDest": accounts[events.payee],
            "oldbalanceDest": settled["payee_before"],
            "newbalanceDest": settled["payee_after"],
            "isFraud": (events.typology >= Typology.TAKE_OVER).astype(np.int8),
            "isFlaggedFraud": np.zeros(len(events.step), dtype=np.int8),
        }
    )


def _labels(
    random: np.random.Generator, events: Events, settled: dict[str, np.ndarray]
) -> dict[str, pd.Series]:
    """The typology of each row, and the step at which its label became known."""
    plain = events.typology == Typology.GENUINE
    typology = np.where(plain & (settled["emptying"] == 1), Typology.EMPTYING, events.typology)
    delay = report_delays(random, typology >= Typology.TAKE_OVER)
    known = pd.Series(events.step + delay).astype("Int64")
    names = pd.Categorical.from_codes(typology, categories=pd.Index(TYPOLOGIES))
    return {"typology": pd.Series(names), "label_time": known}
