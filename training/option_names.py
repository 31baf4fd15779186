"""Options whose value is a name from a closed list."""

from collections.abc import Sequence
from difflib import get_close_matches

from training.errors import InputError


def require_name(option: str, given: str, names: Sequence[str]) -> None:
    """Raise `InputError` with the closest name as a suggestion, unless the list holds `given`."""
    if given in names:
        return
    near = get_close_matches(given, names, n=1)
    hint = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(names)}"
    raise InputError(f"{option} {given}: not known; {hint}")


def one_of(names: Sequence[str]) -> str:
    """The list as the placeholder of an option in help."""
    return f"[{'|'.join(names)}]"
