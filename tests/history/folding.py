"""The fold over a record of payments, as the service folds them one by one."""

import heapq

import numpy as np

from fraud_api_lambda.history.state import (
    UNKNOWN,
    AccountState,
    Outcome,
    Payment,
    after_outcome,
    after_payment,
    moves,
)
from fraud_api_lambda.history.view import History, view
from training.data.history import Record


def folded(
    record: Record, accounts: np.ndarray, partners: np.ndarray, label_delay_s: int
) -> tuple[list[History], dict[int, AccountState]]:
    """What each payment sees, and the states in the end."""
    states: dict[int, AccountState] = {}
    waiting: list[tuple[int, int, int]] = []
    views = []
    columns = [record.times, record.amounts, record.is_fraud, record.known_at, accounts, partners]
    for time, amount, is_fraud, known_at, account, partner in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        while waiting and waiting[0][0] < time:
            _, of, when = heapq.heappop(waiting)
            states[of] = after_outcome(states[of], Outcome(when, 1))
        payment = Payment(time, amount, partner)
        state = states.get(account, UNKNOWN)
        views.append(view(state, payment, label_delay_s))
        if is_fraud and moves(state, payment):
            heapq.heappush(waiting, (max(known_at, time), account, time))
        states[account] = after_payment(state, payment, label_delay_s)
    for _, of, when in waiting:
        states[of] = after_outcome(states[of], Outcome(when, 1))
    return views, states
