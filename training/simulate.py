"""Transactions with known frauds, in PaySim's columns: people with a rhythm, some of them robbed.

Events are drawn for all the data at once; a ledger then plays them in time order, so that every
balance follows from the ones before. Written from the description of PaySim (Lopez-Rojas, Elmir and
Axelsson, EMSS 2016) and from totals of the published file.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from fraud_api_lambda.transaction import TYPES
from training.errors import InputError
from training.ledger import CASH_OUT, PAYMENT, TRANSFER, Events, play

MIN_ROWS: Final = 1_000

# From the totals of the published PaySim file: shares by type, and log-amounts of a type.
TYPE_SHARES: Final = (0.220, 0.352, 0.007, 0.338, 0.083)
LOG_AMOUNT_MEAN: Final = np.array([11.66, 11.65, 7.75, 8.89, 12.99])
LOG_AMOUNT_SD: Final = np.array([1.04, 1.09, 1.21, 1.22, 1.24])

# Per mille of genuine traffic by hour, days 6 to 13 of the same file.
HOURLY: Final = np.array(
    [11, 5, 2, 1, 1, 1, 2, 4, 14, 40, 73, 77, 75, 74, 68, 69, 68, 71, 84, 107, 87, 42, 29, 21],
    dtype=float,
)

CUSTOMERS_PER_ROW: Final = 0.06
MERCHANTS_PER_ROW: Final = 0.004
ACTIVITY_SIGMA: Final = 1.1
CIRCLE: Final = 6
NEW_PAYEE_SHARE: Final = 0.15
RHYTHM_SPREAD: Final = 0.15
"""How far people stray from their own time of day, as a share of a day's traffic."""

FRAUD_RATE: Final = 0.0013
EMPTYING_SHARE: Final = 0.015
"""Genuine payouts that take 95 to 100 % of the balance; two in five of them exactly all."""
NIGHT_FRAUDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class World:
    """Who there is, how active, what each holds at the start, whom and when each likes to pay."""

    n_customers: int
    n_merchants: int
    activity: np.ndarray
    balances: np.ndarray
    circles: np.ndarray
    habits: np.ndarray


def simulate(rows: int, seed: int, *, days: int = 30) -> pd.DataFrame:
    """Transactions of `days` days in PaySim's eleven columns, in time order.

    Parameters
    ----------
    rows : int
        At least 1,000.
    seed : int
        Same seed, same rows.
    days : int

    Returns
    -------
    DataFrame of shape (rows, 11)

    Raises
    ------
    InputError
        If there are too few rows to hold both classes.
    """
    if rows < MIN_ROWS:
        raise InputError(f"--rows {rows}: too few to hold frauds; give {MIN_ROWS:,} or more")
    random = np.random.default_rng(seed)
    world = _world(random, rows)
    n_take_overs = max(5, round(rows * FRAUD_RATE / 2))
    events = Events.merged(
        _genuine(random, world, rows - 2 * n_take_overs, days),
        _take_overs(random, world, n_take_overs, days),
    )
    return _frame(world, events, play(events, world.balances))


def _world(random: np.random.Generator, rows: int) -> World:
    n_customers = max(50, round(rows * CUSTOMERS_PER_ROW))
    n_merchants = max(10, round(rows * MERCHANTS_PER_ROW))
    activity = random.lognormal(0, ACTIVITY_SIGMA, n_customers)
    balances = np.round(random.lognormal(11.5, 1.8, n_customers), 2)
    # Many keep their money elsewhere: their balance is 0 and payouts exceed it, as in PaySim.
    balances[random.random(n_customers) < 0.3] = 0.0
    circles = random.integers(0, n_customers, (n_customers, CIRCLE))
    habits = random.random(n_customers)
    return World(n_customers, n_merchants, activity / activity.sum(), balances, circles, habits)


def _genuine(random: np.random.Generator, world: World, rows: int, days: int) -> Events:
    kind = random.choice(len(TYPES), rows, p=TYPE_SHARES)
    payer = random.choice(world.n_customers, rows, p=world.activity)
    amount = np.exp(random.normal(LOG_AMOUNT_MEAN[kind], LOG_AMOUNT_SD[kind]))
    payout = (kind == CASH_OUT) | (kind == TRANSFER)
    share = np.full(rows, np.nan)
    empties = payout & (random.random(rows) < EMPTYING_SHARE)
    share[empties] = np.where(
        random.random(empties.sum()) < 0.4, 1.0, random.uniform(0.95, 1, empties.sum())
    )
    return Events(
        step=_at_their_hours(random, _steps(random, rows, days), world.habits[payer]),
        kind=kind,
        payer=payer,
        payee=_payees(random, world, kind, payer),
        amount=np.round(amount, 2),
        share=share,
        follows=np.full(rows, -1),
        is_fraud=np.zeros(rows, dtype=bool),
    )


def _steps(random: np.random.Generator, rows: int, days: int) -> np.ndarray:
    """Steps from 1, on the daily rhythm, with quieter and busier days."""
    daily = random.uniform(0.8, 1.2, days)
    hourly = np.outer(daily, np.roll(HOURLY, -1)).ravel()  # step 1 is hour 1
    return 1 + random.choice(24 * days, rows, p=hourly / hourly.sum())


def _at_their_hours(random: np.random.Generator, step: np.ndarray, habit: np.ndarray) -> np.ndarray:
    """The steps of each day, dealt anew: early ones to early risers. Totals by hour stay."""
    whim = habit + random.normal(0, RHYTHM_SPREAD, len(step))
    dealt = np.empty_like(step)
    dealt[np.lexsort((whim, step // 24))] = np.sort(step)
    return dealt


def _payees(
    random: np.random.Generator, world: World, kind: np.ndarray, payer: np.ndarray
) -> np.ndarray:
    """Payees by index: customers first, then merchants."""
    rows = len(kind)
    rank = 1 / np.arange(1, world.n_merchants + 1)
    merchants = random.choice(world.n_merchants, rows, p=rank / rank.sum())
    familiar = world.circles[payer, random.integers(0, CIRCLE, rows)]
    strangers = random.integers(0, world.n_customers, rows)
    customers = np.where(random.random(rows) < NEW_PAYEE_SHARE, strangers, familiar)
    return np.where(kind == PAYMENT, world.n_customers + merchants, customers)


def _take_overs(random: np.random.Generator, world: World, count: int, days: int) -> Events:
    """Each a transfer out of the victim's account and a cash-out by the one who received it."""
    wealth = world.balances * np.sqrt(world.activity)
    victim = random.choice(world.n_customers, count, p=wealth / wealth.sum())
    mule = random.choice(world.n_customers, count)
    by_day = _steps(random, count, days)
    hour = np.where(random.random(count) < NIGHT_FRAUDS, random.integers(0, 6, count), by_day % 24)
    step = np.clip(by_day - by_day % 24 + hour, 1, 24 * days)
    exact = random.random(count) < 0.3
    share = np.where(exact, 1.0, random.beta(4, 1, count))
    cashed = np.where(random.random(count) < 0.3, 1.0, random.uniform(0.6, 1, count))
    transfer = np.arange(count)
    return Events(
        step=np.concatenate([step, np.minimum(step + random.integers(0, 3, count), 24 * days)]),
        kind=np.repeat([TRANSFER, CASH_OUT], count),
        payer=np.concatenate([victim, mule]),
        payee=np.concatenate([mule, random.integers(0, world.n_customers, count)]),
        amount=np.round(random.lognormal(LOG_AMOUNT_MEAN[TRANSFER], 1.0, 2 * count), 2),
        share=np.concatenate([share, cashed]),
        follows=np.concatenate([np.full(count, -1), transfer]),
        is_fraud=np.ones(2 * count, dtype=bool),
    )


def _frame(world: World, events: Events, money: dict[str, np.ndarray]) -> pd.DataFrame:
    names = _names(world)
    return pd.DataFrame(
        {
            "step": events.step,
            "type": pd.Categorical.from_codes(events.kind, categories=pd.Index(TYPES)),
            "amount": money["amount"],
            "nameOrig": names[events.payer],
            "oldbalanceOrg": money["payer_before"],
            "newbalanceOrig": money["payer_after"],
            "nameDest": names[events.payee],
            "oldbalanceDest": money["payee_before"],
            "newbalanceDest": money["payee_after"],
            "isFraud": events.is_fraud.astype(np.int8),
            "isFlaggedFraud": np.zeros(len(events.step), dtype=np.int8),
        }
    )


def _names(world: World) -> np.ndarray:
    """Account ids by index; multiplied by an odd number so that neighbours do not look alike."""
    customers = [f"C{(7_777_777 * n + 1_234_567) % 2**31}" for n in range(world.n_customers)]
    merchants = [f"M{(7_777_777 * n + 7_654_321) % 2**31}" for n in range(world.n_merchants)]
    return np.array(customers + merchants, dtype=object)


def write_transactions(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as CSV or Parquet, by the ending of `path`; a crash leaves the old file.

    Raises
    ------
    InputError
        If the ending is another, or the file cannot be written.
    """
    if path.suffix.lower() not in {".csv", ".parquet"}:
        raise InputError(f"{path}: ends neither in .csv nor in .parquet; choose one of the two")
    waiting = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix.lower() == ".csv":
            _write_csv(frame, waiting)
        else:
            frame.to_parquet(waiting, index=False)
        waiting.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}; choose another") from error
    finally:
        with suppress(OSError):
            waiting.unlink()


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Without quotes, as PaySim's file is, unless a cell needs them."""
    plain = frame.astype({"type": "str"})
    table = pa.Table.from_pandas(plain, preserve_index=False)
    try:
        pa.csv.write_csv(table, path, _quoting("none"))
    except pa.ArrowInvalid:
        pa.csv.write_csv(table, path, _quoting("needed"))


def _quoting(style: str) -> pa.csv.WriteOptions:
    return pa.csv.WriteOptions(quoting_style=style, quoting_header=style)
