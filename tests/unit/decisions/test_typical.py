"""Typical values: read back as written, or refused with the field that is wrong."""

from collections.abc import Callable
from typing import Any

import pytest

from fraud_api_lambda.decisions.bundle import read
from fraud_api_lambda.decisions.plain_pickle import BundleError
from fraud_api_lambda.decisions.typical import ALL, Typical
from tests.bundles import make_content, pickled
from tests.transactions import PLAN

type Given = dict[str, Any]

DEFECTS: dict[str, Callable[[Given], object]] = {
    "typical: it is not a dict of its fields": lambda it: it.pop("hours"),
    "typical: values is not a dict": lambda it: it.update(values=[]),
    "typical: values is not a dict of its fields": lambda it: (
        it["values"].pop(ALL),
        it["hours"].pop(ALL),
    ),
    "typical: hours is not a dict of its fields": lambda it: it["hours"].pop("TRANSFER"),
    "typical: hours.DEBIT is not a list of 2": lambda it: it["hours"].update(DEBIT=[1]),
    "typical: hours do not begin and end with": lambda it: it["hours"].update(DEBIT=[1, 24]),
    "typical: hours do not": lambda it: it["hours"].update(DEBIT=[1.0, 2.0]),
    "typical: values.DEBIT is not a list of": lambda it: it["values"]["DEBIT"].pop(),
    "typical: amount.DEBIT is not a number": lambda it: it["values"]["DEBIT"].__setitem__(
        it["features"].index("amount"), float("nan")
    ),
    "typical: features are not those of the model": lambda it: it["features"].reverse(),
    "typical: risky.type is not a list of texts": lambda it: it["risky"].update(type=[1]),
    "typical: risky.type is not a list": lambda it: it["risky"].update(type="TRANSFER"),
}
"""By the beginning of the message."""


def test_typical_values_are_read_back_as_written() -> None:
    given = make_content()["typical"]

    assert Typical.from_dict(given, PLAN.names).as_dict() == given


@pytest.mark.parametrize("message", DEFECTS)
def test_a_bundle_with_wrong_typical_values_is_refused_with_the_field(message: str) -> None:
    content = make_content()
    DEFECTS[message](content["typical"])

    with pytest.raises(BundleError, match=message.replace(".", r"\.")):
        read(pickled(content))
