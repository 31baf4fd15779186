"""Errors of a request to the API, explained to the user."""

from dataclasses import dataclass, field


@dataclass(eq=False)
class ApiError(Exception):
    """A failure, and the user's next step.

    Attributes
    ----------
    title, advice : str
    faults : dict of str to str
        The fault of each field of the request.
    """

    title: str
    advice: str
    faults: dict[str, str] = field(default_factory=dict)


NAMES = {
    "amount": "Amount",
    "nameDest": "Payee's account",
    "nameOrig": "Payer's account",
    "oldbalanceOrg": "Payer's balance before",
    "step": "Hour of day",
    "type": "Type",
}
"""The labels of the request's fields."""


def invalid(faults: dict[str, str]) -> ApiError:
    """The error for invalid values; `faults` is by field name."""
    listed = "; ".join(f"{NAMES.get(name, name)}: {fault}" for name, fault in faults.items())
    return ApiError("A value is not allowed", listed or "The API does not say which.", faults)
