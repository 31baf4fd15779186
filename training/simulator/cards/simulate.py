"""Simulated card payments with known frauds, in the columns of the schema `cards`."""

import re
from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd

from training.errors import InputError
from training.schemas.built_in import built_in
from training.simulator.cards.categories import NAMES
from training.simulator.cards.payments import CHANNELS, HOUR, Payments, Typology
from training.simulator.cards.places import COUNTRY, take
from training.simulator.cards.traffic import traffic
from training.simulator.cards.typologies import count_frauds, frauds
from training.simulator.cards.world import World, create_world
from training.simulator.reports import report_delays
from training.simulator.simulate import MIN_ROWS

START: Final = np.datetime64("2026-01-01T00:00:00", "s")

TYPOLOGIES: Final = tuple(typology.name.lower().replace("_", "-") for typology in Typology)
"""The values of the column `typology`."""

STRIDE: Final = 618_033_989_749
"""Odd and no multiple of 5, so that the mapping of numbers to ids is one to one; large, so that
ids of neighbours differ."""

CARDS: Final = 10**14
"""Numbers that a card can have."""

STEPS: Final = 3
"""The number of calls of `progress` that `simulate` makes."""


def simulate(
    rows: int, seed: int, *, days: int = 30, progress: Callable[[str], None] = lambda _: None
) -> pd.DataFrame:
    """Simulate the card payments of `days` days from 2026-01-01, in time order.

    Parameters
    ----------
    rows : int
        At least 1,000.
    seed : int
        Same seed, same rows.
    days : int
    progress : callable
        Called with the same text each time, `STEPS` times.

    Returns
    -------
    DataFrame of shape (rows, 16)
        The columns of the built-in schema `cards`, in its order. `typology` and `reported_at`,
        the time at which the payment was reported as a fraud, are never features.

    Raises
    ------
    InputError
        If there are too few rows to hold both classes.
    """
    if rows < MIN_ROWS:
        raise InputError(f"--rows {rows}: too few to hold frauds; give {MIN_ROWS:,} or more")
    step = f"simulating {rows:,} transactions"
    random = np.random.default_rng(seed)
    progress(step)
    world = create_world(random, rows, days)
    genuine = traffic(random, world, rows - count_frauds(rows))
    progress(step)
    payments = Payments.merged(genuine, frauds(random, world, genuine, count_frauds(rows)))
    progress(step)
    return _frame(random, world, payments)


def _frame(random: np.random.Generator, world: World, payments: Payments) -> pd.DataFrame:
    schema = built_in("cards")
    is_fraud = payments.typology >= Typology.TAKE_OVER
    reported = payments.second + HOUR * report_delays(random, is_fraud)
    home = take(world.customers.home, payments.customer)
    shop = take(world.merchants.place, payments.merchant)
    columns = {
        "payment_id": _texts("p{:010x}", np.arange(len(is_fraud)), 1 << 40),
        "time": _times(payments.second),
        "card_id": _texts("99{:014d}", payments.customer, CARDS),
        "merchant_id": _texts("M{:07d}", payments.merchant, 10**7),
        "amount": np.maximum(np.round(payments.amount, schema.decimals), 0.01),
        "category": NAMES[world.merchants.category[payments.merchant]],
        "channel": np.array(CHANNELS, dtype=object)[payments.channel],
        "country": COUNTRY[world.merchants.city[payments.merchant]],
        "device_id": _texts("d{:08x}", payments.device, 1 << 32),
        "device_is_known": payments.device_is_known.astype(np.int8),
        "home_lat": home.latitude,
        "home_long": home.longitude,
        "shop_lat": shop.latitude,
        "shop_long": shop.longitude,
        "is_fraud": is_fraud.astype(np.int8),
        "typology": np.array(TYPOLOGIES, dtype=object)[payments.typology],
        "reported_at": _times(reported),
    }
    return pd.DataFrame(columns)[[*schema.columns(), *schema.ignore]]


def card_index(account: str) -> int | None:
    """The index of the customer with this card; None for an id of another form.

    Cards of the same form from other sources map to indices spread evenly below `CARDS`.
    """
    match = re.fullmatch(r"99([0-9]{14})", account)
    return None if match is None else int(match[1]) * pow(STRIDE, -1, CARDS) % CARDS


def _texts(form: str, numbers: np.ndarray, ids: int) -> np.ndarray:
    """An id for each number below `ids`, one to one."""
    different, place = np.unique(numbers, return_inverse=True)
    texts = [form.format(STRIDE * number % ids) for number in different.tolist()]
    return np.array(texts, dtype=object)[place]


def _times(seconds: np.ndarray) -> pd.Series:
    """ISO texts without an offset; missing where a second is NaN."""
    known = ~np.isnan(seconds)
    whole = np.where(known, seconds, 0).astype("timedelta64[s]")
    return pd.Series(np.datetime_as_string(START + whole), dtype="str").where(pd.Series(known))
