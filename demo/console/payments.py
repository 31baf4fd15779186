"""Payments: as entered in the form, and as requests to the API."""

import json
import re
import shlex
from dataclasses import dataclass
from typing import Any, Final

from console.errors import invalid

TYPES: Final = {
    "CASH_IN": "Cash in",
    "CASH_OUT": "Cash out",
    "DEBIT": "Debit",
    "PAYMENT": "Payment",
    "TRANSFER": "Transfer",
}
"""Labels of the API's types."""

_GROUPED: Final = r"-?\d{1,3}([ ,]\d{3})+(\.\d+)?"
_PLAIN: Final = r"-?\d+(\.\d+)?"


@dataclass(frozen=True, slots=True)
class Payment:
    """The facts known before the money moves; the hour is on the payer's clock."""

    type: str
    amount: float
    balance: float
    hour: int
    payer: str
    payee: str

    @property
    def is_beyond_balance(self) -> bool:
        """Whether the amount exceeds the balance; a balance of 0 means that none is known."""
        return self.type != "CASH_IN" and 0 < self.balance < self.amount

    def as_request(self) -> dict[str, Any]:
        """The body of the request."""
        return {
            "step": self.hour or 24,  # hours since the data began, counted from 1
            "type": self.type,
            "amount": self.amount,
            "nameOrig": self.payer,
            "oldbalanceOrg": self.balance,
            "nameDest": self.payee,
        }


PRESETS: Final = {
    "Ordinary purchase": Payment("PAYMENT", 1_820.5, 20_430.75, 14, "C1618033988", "M1414213562"),
    "Payday": Payment("TRANSFER", 187_415.39, 0.0, 9, "C1207636028", "C1385678873"),
    "Account take-over": Payment(
        "CASH_OUT", 1_300_000.0, 1_300_000.0, 3, "C2718281828", "C3141592653"
    ),
    "Mule": Payment("TRANSFER", 302_052.82, 315_232.86, 17, "C1971886749", "C7958368350"),
    "Large transfer": Payment(
        "TRANSFER", 4_148_266.51, 7_982_249.22, 11, "C187084019", "C1174044502"
    ),
}


def examples_of(model: dict[str, Any]) -> dict[str, Payment]:
    """The model's example payments: the stopped one first, then the approved one."""
    names = {"stopped": "Stopped by this model", "approved": "Approved by this model"}
    examples = {name: model["examples"][kind] for kind, name in names.items()}
    return {
        name: _of_request(example["transaction"]) for name, example in examples.items() if example
    }


def _of_request(body: dict[str, Any]) -> Payment:
    return Payment(
        type=body["type"],
        amount=body["amount"],
        balance=body["oldbalanceOrg"],
        hour=body["step"] % 24,
        payer=body["nameOrig"],
        payee=body["nameDest"],
    )


def read_amount(text: str) -> float:
    """The amount in a text, with or without thousands separators.

    Raises
    ------
    ValueError
        With the expected format.
    """
    text = text.strip()
    if not re.fullmatch(f"{_GROUPED}|{_PLAIN}", text, re.ASCII):
        raise ValueError("write a number such as 1,234.56")
    return float(re.sub("[ ,]", "", text))


def read_payment(fields: dict[str, Any]) -> Payment:
    """The payment in a form whose fields are named as in the request.

    Raises
    ------
    ApiError
        If an amount cannot be parsed. Limits are checked by the API.
    """
    amounts, faults = {}, {}
    for name in ("amount", "oldbalanceOrg"):
        try:
            amounts[name] = read_amount(fields[name])
        except ValueError as error:
            faults[name] = str(error)
    if faults:
        raise invalid(faults)
    return Payment(
        type=fields["type"],
        amount=amounts["amount"],
        balance=amounts["oldbalanceOrg"],
        hour=fields["step"],
        payer=fields["nameOrig"],
        payee=fields["nameDest"],
    )


def write_amount(amount: float) -> str:
    """An amount with separators: 1,234.56."""
    return f"{amount:,.2f}"


def curl(url: str, body: dict[str, Any]) -> str:
    """The request as a command to paste; the key is a variable of the shell."""
    return " \\\n  ".join(
        (
            f"curl {shlex.quote(f'{url}/predict?explain=true')}",
            "-H 'Content-Type: application/json'",
            '-H "x-api-key: $FRAUD_API_KEY"',
            f"-d {shlex.quote(json.dumps(body))}",
        )
    )
