"""The label delay is given in hours or days."""

import pytest

from training.commands.options import hours_of
from training.errors import InputError


def test_a_delay_that_was_not_given_has_no_hours() -> None:
    assert hours_of("--label-delay", None) is None


@pytest.mark.parametrize(("text", "hours"), [("0", 0), ("24", 24), ("36h", 36), ("7d", 168)])
def test_a_delay_is_read_in_hours_or_days(text: str, hours: int) -> None:
    assert hours_of("--label-delay", text) == hours


@pytest.mark.parametrize("text", ["", "-1", "1.5", "7w", "7 d", "1000000", "\u0661"])
def test_a_delay_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"^--label-delay .*: write hours such as 24, or 36h"):
        hours_of("--label-delay", text)
