"""Account histories: columns and fold have the same bits, and nothing sees the future."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fraud_api_lambda.history.state import DAY_S, QUIET_AT
from fraud_api_lambda.history.view import History
from tests.history.folding import folded
from training.data.history import NOBODY, Record, history_columns

WEEK_S = 7 * DAY_S


def record(
    seed: int, n: int, *, n_accounts: int = 6, pause_s: float = 20_000, late: bool = True
) -> tuple[Record, np.ndarray, np.ndarray]:
    """A record with equal seconds, zero amounts and labels that come late or early."""
    random = np.random.default_rng(seed)
    pauses = np.where(random.random(n) < 0.2, 0, random.exponential(pause_s, n))
    times = 1_500_000_000 + np.cumsum(pauses).astype(np.int64)
    delays = random.integers(0, 20 * DAY_S, n) if late else np.full(n, WEEK_S)
    made = Record(
        times=times,
        amounts=random.integers(0, 100_000, n) * (random.random(n) < 0.9),
        is_fraud=random.random(n) < 0.2,
        known_at=times + delays,
    )
    return made, random.integers(0, n_accounts, n), random.integers(NOBODY, 40, n)


def assert_equal(
    made: Record,
    accounts: np.ndarray,
    partners: np.ndarray | None,
    label_delay_s: int,
    seen: np.ndarray | None = None,
) -> None:
    columns = history_columns(made, accounts, partners, label_delay_s, seen=seen)
    views, _ = folded(made, accounts, partners, label_delay_s, seen=seen)
    for name, values in zip(History._fields, zip(*views, strict=True), strict=True):
        differing = np.flatnonzero(getattr(columns, name) != np.array(values))
        assert not differing.size, (name, differing[:5])


@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 300),
    n_accounts=st.integers(1, 9),
    pause_s=st.sampled_from([1.0, 300.0, 20_000.0, 300_000.0]),
    label_delay_s=st.sampled_from([0, 3_600, DAY_S, WEEK_S, WEEK_S + 5_000]),
)
@settings(max_examples=60)
def test_columns_have_the_bits_of_the_fold(
    seed: int, n: int, n_accounts: int, pause_s: float, label_delay_s: int
) -> None:
    assert_equal(*record(seed, n, n_accounts=n_accounts, pause_s=pause_s), label_delay_s)


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 300), n_accounts=st.integers(1, 20))
@settings(max_examples=40)
def test_the_history_of_another_account_has_the_bits_of_the_fold(
    seed: int, n: int, n_accounts: int
) -> None:
    made, _, _ = record(seed, n, pause_s=3_000)
    payees, payers = np.random.default_rng(seed).integers(NOBODY, n_accounts, (2, n))

    assert_equal(made, payees, None, DAY_S, seen=payers)


def test_they_agree_where_an_account_is_quiet() -> None:
    made, accounts, partners = record(0, 3 * QUIET_AT, n_accounts=1, pause_s=1)

    assert_equal(made, accounts, partners, 0)
    assert_equal(made, accounts, partners, WEEK_S)
    assert history_columns(made, accounts, partners, 0).count_24h.max() == QUIET_AT


@given(seed=st.integers(0, 2**32 - 1), cut=st.integers(1, 199))
@settings(max_examples=25)
def test_no_payment_sees_a_later_row(seed: int, cut: int) -> None:
    made, accounts, partners = record(seed, 200)
    random = np.random.default_rng(seed + 1)
    others = random.permutation(np.arange(cut, 200))
    changed = Record(
        times=made.times,
        amounts=np.concatenate([made.amounts[:cut], made.amounts[others] + 1]),
        is_fraud=np.concatenate([made.is_fraud[:cut], ~made.is_fraud[cut:]]),
        known_at=np.concatenate([made.known_at[:cut], made.times[cut:]]),
    )
    elsewhere = np.concatenate([accounts[:cut], accounts[others]])

    before = history_columns(made, accounts, partners, 0)
    after = history_columns(changed, elsewhere, partners, 0)

    for name in History._fields:
        assert (getattr(before, name)[:cut] == getattr(after, name)[:cut]).all(), name


@given(seed=st.integers(0, 2**32 - 1), cut=st.integers(1, 199))
@settings(max_examples=25)
def test_removed_and_inserted_later_rows_change_nothing_before_them(seed: int, cut: int) -> None:
    made, accounts, partners = record(seed, 200)
    twice = np.sort(np.concatenate([np.arange(200), np.arange(cut, 200)]))

    whole = history_columns(made, accounts, partners, DAY_S)

    for chosen in (np.arange(cut), twice):
        other = history_columns(made[chosen], accounts[chosen], partners[chosen], DAY_S)
        for name, before, after in zip(History._fields, whole, other, strict=True):
            assert (before[:cut] == after[:cut]).all(), name


def test_an_account_that_was_idle_for_400_days_is_seen_again() -> None:
    times = 1_500_000_000 + np.array([0, 400 * DAY_S])
    made = Record(times, np.array([100, 100]), np.array([True, False]), times + WEEK_S)

    seen = history_columns(made, np.zeros(2, np.int64), np.zeros(2, np.int64), WEEK_S)

    assert seen.seen.tolist() == [False, True]
    assert (seen.count_30d[1], seen.frauds_30d[1], seen.new_partner[1]) == (0, 0, False)
    assert seen.since_last_s[1] == 400 * DAY_S


def test_no_payment_sees_its_own_label_even_without_a_delay() -> None:
    one = Record(np.array([10**9]), np.array([5]), np.array([True]), np.array([10**9]))

    columns = history_columns(one, np.array([0]), np.array([1]), 0)

    assert columns.frauds_7d.tolist() == [0]


@pytest.mark.parametrize("label_delay_s", [0, WEEK_S])
def test_a_label_counts_once_it_is_known_and_no_earlier(label_delay_s: int) -> None:
    start = 1_500_000_000 // DAY_S * DAY_S
    days = np.arange(0, 30)
    made = Record(
        times=start + days * DAY_S + 60,
        amounts=np.ones(30, np.int64),
        is_fraud=days == 0,
        known_at=np.full(30, start + 12 * DAY_S),
    )

    frauds = history_columns(made, np.zeros(30, np.int64), days, label_delay_s).frauds_30d

    assert np.flatnonzero(frauds).tolist() == list(range(12, 30))
