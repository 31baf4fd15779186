"""Options that name a time."""

from collections.abc import Callable

from training.errors import InputError
from training.reading.calendar import Calendar


def first_step(calendar: Calendar, option: str, text: str | None) -> int | None:
    """The first step of a period, from the text of an option; None if it was not given.

    Raises
    ------
    InputError
        If the text is no time of the schema, with the option and an example.
    """
    return _step(calendar.step_from, option, text)


def last_step(calendar: Calendar, option: str, text: str | None) -> int | None:
    """The last step of a period, as `first_step` gives its first."""
    return _step(calendar.step_until, option, text)


def _step(choose: Callable[[str], int], option: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return choose(text)
    except ValueError as error:
        raise InputError(f"{option} {text}: {error}") from error
