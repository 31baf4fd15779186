"""Options that name a time take a count or a date, as the schema's time column does."""

import pytest

from fraud_api_lambda.domain.schema import Unit
from training.errors import InputError
from training.reading.calendar import STEPS, Calendar
from training.reading.time_options import first_step, last_step

DATES = Calendar(None, 0, "UTC")
DAYS = Calendar(Unit.DAY, 0, "UTC")


@pytest.mark.parametrize(
    ("calendar", "text", "first", "last"),
    [
        (STEPS, "312", 312, 312),
        (DAYS, "2", 48, 71),
        (DATES, "1970-01-03", 48, 71),
        (DATES, "1970-01-03 02:30", 50, 50),
        (DATES, "1970-01-03T02:30+01:00", 49, 49),
    ],
)
def test_a_time_is_read_in_the_form_of_the_schema(
    calendar: Calendar, text: str, first: int, last: int
) -> None:
    assert first_step(calendar, "--from", text) == first
    assert last_step(calendar, "--to", text) == last


def test_an_option_that_was_not_given_has_no_step() -> None:
    assert first_step(STEPS, "--from", None) is None
    assert last_step(DATES, "--to", None) is None


@pytest.mark.parametrize(
    ("calendar", "text", "message"),
    [
        (STEPS, "2020-02-29", "write a whole number of hours since the data began, such as 10"),
        (DATES, "312", "write ISO 8601, such as 2026-11-24, "),
        (DATES, "2020-02-30", "this date does not exist"),
    ],
)
def test_a_time_of_the_other_form_is_refused_with_the_option_and_an_example(
    calendar: Calendar, text: str, message: str
) -> None:
    for option, choose in (("--test-from", first_step), ("--train-until", last_step)):
        with pytest.raises(InputError) as caught:
            choose(calendar, option, text)
        assert str(caught.value).startswith(f"{option} {text}: {message}")
