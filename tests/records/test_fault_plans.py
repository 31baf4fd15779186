"""Which requests fail."""

from collections import Counter

import pytest

from tests.records.plans import Fault, Operation, Plan, at_random, scripted

READ, WRITE, FIND = Operation.READ, Operation.WRITE, Operation.FIND


def test_a_script_gives_each_operation_its_faults_in_turn() -> None:
    plan = scripted({READ: [Fault.SLOW, Fault.NONE, Fault.THROTTLE], WRITE: [Fault.CONFLICT]})

    assert drawn(plan, READ, 2) == [Fault.SLOW, Fault.NONE]
    assert drawn(plan, WRITE, 2) == [Fault.CONFLICT, Fault.NONE]
    assert drawn(plan, READ, 2) == [Fault.THROTTLE, Fault.NONE]
    assert drawn(plan, FIND, 1) == [Fault.NONE]


def drawn(plan: Plan, operation: Operation, number: int) -> list[Fault]:
    return [plan(operation) for _ in range(number)]


def test_a_seed_gives_the_same_faults_whatever_the_order_of_the_operations() -> None:
    chances = {each: {Fault.THROTTLE: 0.2, Fault.LOST_ANSWER: 0.3} for each in (READ, WRITE)}
    first, second = at_random(7, chances), at_random(7, chances)

    one_after_the_other = [drawn(first, READ, 50), drawn(first, WRITE, 50)]
    in_turn = [(second(READ), second(WRITE)) for _ in range(50)]

    assert one_after_the_other == [list(each) for each in zip(*in_turn, strict=True)]
    assert drawn(at_random(8, chances), READ, 50) != one_after_the_other[0]


def test_faults_come_with_their_probabilities() -> None:
    plan = at_random(1, {WRITE: {Fault.THROTTLE: 0.1, Fault.SLOW: 0.3}}, most_in_a_row=1_000)

    counts = Counter(drawn(plan, WRITE, 10_000))

    assert counts[Fault.THROTTLE] == pytest.approx(1_000, abs=150)
    assert counts[Fault.SLOW] == pytest.approx(3_000, abs=250)
    assert counts[Fault.NONE] == pytest.approx(6_000, abs=300)
    assert drawn(plan, READ, 100) == [Fault.NONE] * 100


def test_random_faults_do_not_go_on_for_ever() -> None:
    plan = at_random(1, {WRITE: {Fault.THROTTLE: 1.0}}, most_in_a_row=2)

    assert drawn(plan, WRITE, 5) == [
        *(Fault.THROTTLE, Fault.THROTTLE, Fault.NONE),
        *(Fault.THROTTLE, Fault.THROTTLE),
    ]


@pytest.mark.parametrize(
    ("operation", "fault"),
    [(READ, Fault.CONFLICT), (FIND, Fault.UNPROCESSED), (WRITE, Fault.UNPROCESSED)],
)
def test_a_plan_refuses_faults_that_dynamodb_does_not_have(
    operation: Operation, fault: Fault
) -> None:
    with pytest.raises(ValueError, match=fault.name):
        scripted({operation: [fault]})
    with pytest.raises(ValueError, match=fault.name):
        at_random(1, {operation: {fault: 0.5}})
