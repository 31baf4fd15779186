"""Read the costs of decisions from a TOML file, and check them before any work."""

import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from fraud_api_lambda.decisions.policy import MAX_CURRENCY, MOST, is_currency
from fraud_api_lambda.domain.schema import Schema
from training.errors import InputError
from training.policy.defaults import MEDIAN_MULTIPLES, OTHER_DEFAULTS

NUMBERS: Final = (*MEDIAN_MULTIPLES, *OTHER_DEFAULTS)


def read_policy(path: Path) -> dict[str, Any]:
    """Read the numbers and the currency of a policy; numbers that it omits have defaults.

    Raises
    ------
    InputError
        With the file, the key, the problem and the right value.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; give a TOML file with --policy") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not TOML: {error}; write lines like currency = 'EUR'") from error
    for name, value in given.items():
        _check(path, name, value)
    return {name: float(value) if name in NUMBERS else value for name, value in given.items()}


def require_currency(path: Path, policy: dict[str, Any], schema: Schema) -> None:
    """Raise `InputError` unless the policy, or the schema of the amounts, has a currency."""
    if "currency" not in policy and not schema.currency:
        raise InputError(
            f"{path}: no currency; write currency = 'EUR', or the currency of the amounts"
        )


def _check(path: Path, name: str, value: Any) -> None:
    if name == "currency":
        if not is_currency(value):
            raise InputError(
                f"{path}, currency: {value!r} is not a name of at most {MAX_CURRENCY} characters; "
                "write currency = 'EUR'"
            )
        return
    if name not in NUMBERS:
        near = get_close_matches(name, [*NUMBERS, "currency"], 1)
        hint = (
            f"did you mean {near[0]}?" if near else f"the keys are currency, {', '.join(NUMBERS)}"
        )
        raise InputError(f"{path}: unknown key {name}; {hint}")
    most = MOST[name]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= most:
        raise InputError(
            f"{path}, {name}: {value!r} is not allowed; write a number from 0 to {most:g}"
        )
