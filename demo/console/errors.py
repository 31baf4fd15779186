"""Errors of a request to the API, explained to the user."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(eq=False)
class ApiError(Exception):
    """A failure, and the user's next step.

    Attributes
    ----------
    title, advice : str
    faults : dict of str to str
        The fault of each field of the request, by the field's name.
    """

    title: str
    advice: str
    faults: dict[str, str] = field(default_factory=dict)

    def explained(self, labels: Mapping[str, str]) -> str:
        """The advice, with the labels of the fields that are at fault."""
        listed = (f"{labels.get(name, name)}: {fault}" for name, fault in self.faults.items())
        return "; ".join(listed) or self.advice


def invalid(faults: dict[str, str]) -> ApiError:
    """The error for invalid values; `faults` is by field name."""
    return ApiError("A value is not allowed", "The API does not say which.", faults)


def faults_by_field(errors: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Faults by field: of `#/amount`, or of `#/transactions/3/amount` in a batch."""
    faults: dict[str, str] = {}
    for error in errors:
        name = error["pointer"].rpartition("/")[2].replace("~1", "/").replace("~0", "~")
        faults.setdefault(name, error["detail"])
    return faults
