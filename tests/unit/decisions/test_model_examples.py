"""A model's examples: payments with answers, read back or refused with the fault."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud_api_lambda.decisions.model_examples import Example, Examples
from fraud_api_lambda.domain.assessment import Decision
from tests.schemas import CARDS, Own, card_body, own_columns, payments_of

PLAN = CARDS.plan()


def plain(stopped: str | None = "block", approved: str | None = "approve") -> dict[str, Any]:
    """Examples of two purchases as plain data, with these decisions; None leaves one out."""
    return {
        name: decision
        and {
            "transaction": card_body(),
            "answer": {"fraud_probability": 0.25, "decision": decision},
        }
        for name, decision in (("stopped", stopped), ("approved", approved))
    }


@given(own=own_columns(), data=st.data())
def test_an_example_in_any_columns_is_read_back(own: Own, data: st.DataObject) -> None:
    sent = data.draw(payments_of(own))
    example = Example(sent, own.reader.payment(sent), 0.5, Decision.REVIEW)

    read = Example.from_dict(example.as_dict(), own.plan())

    assert read.as_dict() == example.as_dict()
    assert repr(read.payment) == repr(example.payment)  # NaN equals nothing


@pytest.mark.parametrize(
    ("stopped", "approved"), [("block", "approve"), ("review", None), (None, "approve")]
)
def test_one_example_may_be_absent(stopped: str | None, approved: str | None) -> None:
    given = plain(stopped, approved)

    examples = Examples.from_dict(given, PLAN)

    assert examples.as_dict() == given
    assert [it.decision for it in examples] == [it for it in (stopped, approved) if it]


@pytest.mark.parametrize(
    ("stopped", "approved", "message"),
    [
        (None, None, "there is neither a stopped nor an approved one"),
        ("approve", None, "stopped: answer.decision is approve"),
        (None, "block", "approved: answer.decision is not approve"),
        ("refuse", None, "stopped: answer.decision is none of the three"),
    ],
)
def test_a_decision_is_that_of_the_examples_place(
    stopped: str | None, approved: str | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        Examples.from_dict(plain(stopped, approved), PLAN)


@pytest.mark.parametrize(
    ("path", "wrong", "message"),
    [
        ((), [], "stopped: it is not a dict of its fields"),
        (("answer",), None, "stopped: answer is not a dict of its fields"),
        (("answer", "fraud_probability"), 1.5, "stopped: answer.fraud_probability is not a number"),
        (("answer", "fraud_probability"), 1, "stopped: answer.fraud_probability is not a number"),
        (("answer", "decision"), ["block"], "stopped: answer.decision is none of the three"),
        (("transaction",), None, "stopped: transaction is not a dict of the schema's fields"),
        (("transaction", "is_fraud"), 1, "stopped: transaction is not a dict of the schema's"),
        (("transaction", "amt"), "5", "stopped: transaction.amt is not allowed"),
        (("transaction", "amt"), None, "stopped: transaction has no amt"),
        (("transaction", "city"), [1], "stopped: transaction.city is not allowed"),
        (("transaction", "category"), "\ud800", "stopped: transaction holds a value that JSON"),
    ],
)
def test_a_wrong_value_is_refused_with_its_field(
    path: tuple[str, ...], wrong: Any, message: str
) -> None:
    given = deepcopy(plain())
    place, keys = given, ("stopped", *path)
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = wrong

    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        Examples.from_dict(given, PLAN)
