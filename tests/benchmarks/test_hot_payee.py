"""The simulation of a busy payee: its clock, its table, and what its payments come to."""

import random
from dataclasses import astuple

import pytest

from benchmarks.events import Events
from benchmarks.hot_payee import READ_S, WRITE_S, SlowTable, simulated, without_quiet_rule
from fraud_api_lambda.aws.dynamodb import Put
from fraud_api_lambda.aws.table_errors import CancelledError
from fraud_api_lambda.history.state import QUIET_AT


def test_work_goes_on_in_order_of_time_whatever_began_first() -> None:
    events, seen, waits = Events(), list[tuple[str, float]](), iter([3.0, 1.0])

    def work() -> None:
        wait = next(waits)
        events.wait(wait)
        seen.append((f"waited {wait:g}", events.now))

    events.run(iter([1.0, 0.5]), work)

    assert seen == [("waited 1", 2.5), ("waited 3", 4.0)]


def test_an_error_in_the_work_ends_the_run() -> None:
    def work() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Events().run(iter([1.0]), work)


def test_a_write_counts_only_if_the_item_is_as_it_was_read() -> None:
    events = Events()
    table = SlowTable(events, random.Random(0), "A#1")
    first = Put({"pk": "A#1", "s": b"1"}, "attribute_not_exists(pk)", {})
    other = Put({"pk": "P#1"}, "attribute_not_exists(pk)", {})

    def work() -> None:
        table.write([other, first], deadline=0)
        with pytest.raises(CancelledError):
            table.write([other, first], deadline=0)
        assert table.read(["A#1"], consistent=True, deadline=0) == {"A#1": first.item}

    events.run(iter([1.0]), work)

    assert events.now > 1 + 0.6 * (READ_S + 2 * WRITE_S)


def test_a_simulation_with_the_same_seed_comes_out_the_same() -> None:
    assert astuple(simulated(200, 0.5)) == astuple(simulated(200, 0.5))


def test_after_the_quiet_rule_no_payment_is_lost() -> None:
    quiet, loud = simulated(200, 4), without_quiet_rule(200, 4)

    assert quiet.payments > 3 * QUIET_AT
    assert quiet.behind < 0.7 * loud.behind
    assert 0.6 < loud.conflicts / loud.payments < 0.85
    assert quiet.unrecorded == loud.unrecorded == 0
