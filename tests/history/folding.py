"""The fold over a record of payments, as the service folds them one by one."""

import heapq

import numpy as np

from fraud_api_lambda.history.state import (
    UNKNOWN,
    AccountState,
    Outcome,
    Payment,
    after,
    moves,
)
from fraud_api_lambda.history.view import History, view
from training.data.history import NOBODY, Record


def folded(
    record: Record,
    accounts: np.ndarray,
    partners: np.ndarray | None,
    label_delay_s: int,
    *,
    seen: np.ndarray | None = None,
) -> tuple[list[History], dict[int, AccountState]]:
    """The history that each payment sees, and the states in the end."""
    states: dict[int, AccountState] = {}
    waiting: list[tuple[int, int, int]] = []
    views = []
    for time, amount, is_fraud, known_at, account, partner, viewed in _rows(
        record,
        accounts,
        np.full(len(accounts), NOBODY) if partners is None else partners,
        accounts if seen is None else seen,
    ):
        while waiting and waiting[0][0] < time:
            _, of, when = heapq.heappop(waiting)
            states[of] = after(states[of], Outcome(when, 1), label_delay_s)
        payment = Payment(time, amount, None if partner == NOBODY else partner)
        views.append(view(states.get(viewed, UNKNOWN), payment, label_delay_s))
        if account == NOBODY:
            continue
        state = states.get(account, UNKNOWN)
        if is_fraud and moves(state, payment):
            heapq.heappush(waiting, (max(known_at, time), account, time))
        states[account] = after(state, payment, label_delay_s)
    for _, of, when in waiting:
        states[of] = after(states[of], Outcome(when, 1), label_delay_s)
    return views, states


def _rows(record: Record, *more: np.ndarray) -> "zip[tuple[int, int, bool, int, int, int, int]]":
    columns = (record.times, record.amounts, record.is_fraud, record.known_at, *more)
    return zip(*(column.tolist() for column in columns), strict=True)
