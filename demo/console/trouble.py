"""What can go wrong between a person and the API, in words."""

from dataclasses import dataclass, field


@dataclass(eq=False)
class TroubleError(Exception):
    """What went wrong, and what a person can do about it.

    Attributes
    ----------
    title, advice : str
    faults : dict of str to str
        What is wrong with each field of the request.
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
"""What a person calls the fields of a request."""


def invalid(faults: dict[str, str]) -> TroubleError:
    """Values that are not allowed, by the request's names of their fields."""
    told = "; ".join(f"{NAMES.get(name, name)}: {fault}" for name, fault in faults.items())
    return TroubleError("A value is not allowed", told or "The API does not say which.", faults)
