"""Our own schemas: payments to try, a file to stream, and what the API does not tell of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from console.api import Payment
from console.words import BEYOND_BALANCE, YOUR_LEDGER

FOLDER: Final = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Stream:
    """A file of simulated payments.

    Attributes
    ----------
    file : Path
    label : str
        The column that tells the frauds.
    days : int
    words : str
        A sentence or two about it.
    """

    file: Path
    label: str
    days: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltIn:
    """What is known of a schema beyond the API's answer.

    Attributes
    ----------
    presets : dict of Payment
        Payments to try, by name.
    varied : Payment or None
        The first payment of the page What if.
    varied_too : str
        The field that the page varies besides the amount; if empty, the user chooses one.
    stream : Stream or None
    has_hours : bool
        The time counts hours.
    incoming, to_merchant : dict
        The fields of a payment that the payer receives, and of one to a merchant, with `merchant`.
    beyond_balance : str
        What an amount above the balance means.
    help : dict of str to str
        Help for a field of the form.
    words : dict of str to str
        Labels of attributes in charts, where the schema's are too short.
    """

    presets: Mapping[str, Payment] = field(default_factory=dict)
    varied: Payment | None = None
    varied_too: str = ""
    stream: Stream | None = None
    has_hours: bool = False
    incoming: Mapping[str, Any] = field(default_factory=dict)
    to_merchant: Mapping[str, Any] = field(default_factory=dict)
    merchant: Payment = field(default_factory=dict)
    beyond_balance: str = YOUR_LEDGER
    help: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)

    def is_incoming(self, payment: Payment) -> bool:
        """Whether the payer receives the payment."""
        return bool(self.incoming) and self.incoming.items() <= payment.items()

    def with_payee(self, payment: Payment) -> Payment:
        """The payment, to a merchant if its kind is one to merchants."""
        if self.to_merchant and self.to_merchant.items() <= payment.items():
            return payment | self.merchant
        return payment


_MOBILE: Final = ("step", "type", "amount", "oldbalanceOrg", "nameOrig", "nameDest")
_CARD: Final = (
    *("time", "amount", "category", "channel", "country", "device_is_known"),
    *("home_lat", "home_long", "shop_lat", "shop_long", "card_id", "merchant_id"),
)


def _mobile(*values: str | float) -> Payment:
    return dict(zip(_MOBILE, values, strict=True))


def _card(*values: str | float) -> Payment:
    return dict(zip(_CARD, values, strict=True))


_ORDINARY: Final = _mobile(14, "PAYMENT", 1_820.5, 20_430.75, "C1618033988", "M1414213562")
_TAKE_OVER: Final = _mobile(22, "CASH_OUT", 1_300_000.0, 1_350_000.0, "C2718281828", "C3141592653")
_MULE: Final = _mobile(17, "TRANSFER", 302_052.82, 315_232.86, "C1971886749", "C7958368350")

PAYSIM: Final = BuiltIn(
    presets={
        "Ordinary purchase": _ORDINARY,
        "Payday": _mobile(9, "TRANSFER", 187_415.39, 0.0, "C1207636028", "C1385678873"),
        "Account take-over": _TAKE_OVER,
        "Mule": _MULE,
        "Large transfer": _mobile(
            11, "TRANSFER", 4_148_266.51, 7_982_249.22, "C187084019", "C1174044502"
        ),
    },
    varied=_TAKE_OVER | {"amount": 2_000_000.0, "oldbalanceOrg": 3_000_000.0},
    varied_too="oldbalanceOrg",
    stream=Stream(
        FOLDER / "transactions.csv",
        label="isFraud",
        days=30,
        words="A month with a thousand simulated payments, scored in order. One in eighty is "
        "fraud, ten times the usual rate, so that some alerts appear.",
    ),
    has_hours=True,
    incoming={"type": "CASH_IN"},
    to_merchant={"type": "PAYMENT"},
    merchant={"nameDest": _ORDINARY["nameDest"]},
    beyond_balance=BEYOND_BALANCE,
    help={
        "type": "A payment goes to a merchant.",
        "step": "On the payer's clock.",
        "nameOrig": "Up to 64 characters, no spaces.",
        "nameDest": "M at its start means a merchant.",
    },
    words={"type": "Type of payment", "payee_is_merchant": "Kind of payee"},
)

_HOME: Final = (48.8566, 2.3522)
_HOLDER: Final = "9901618033988749"

CARDS: Final = BuiltIn(
    presets={
        "Groceries near home": _card(
            *("2026-01-20 17:35:00", 48.2, "groceries", "contactless", "FR", "1"),
            *(*_HOME, 48.8738, 2.3301, _HOLDER, "M1414213562"),
        ),
        "New device, far away": _card(
            *("2026-01-20 02:40:00", 689.0, "electronics", "online", "TR", "0"),
            *(*_HOME, 41.0082, 28.9784, _HOLDER, "M2718281828"),
        ),
        "Test of a stolen card": _card(
            *("2026-01-20 23:10:00", 1.15, "digital", "online", "NL", "0"),
            *(*_HOME, 52.3676, 4.9041, _HOLDER, "M1732050807"),
        ),
        "Large purchase on a journey": _card(
            *("2026-01-20 11:15:00", 1_240.0, "travel", "chip", "ES", "1"),
            *(*_HOME, 40.4168, -3.7038, _HOLDER, "M3141592653"),
        ),
    },
    stream=Stream(
        FOLDER / "card_transactions.csv",
        label="is_fraud",
        days=14,
        words="Two weeks with 420 simulated card payments, scored in order. One in 47 is "
        "fraud, five times the usual rate, so that some alerts appear.",
    ),
)

BUILT_IN: Final = {"paysim": PAYSIM, "cards": CARDS}
UNKNOWN: Final = BuiltIn()
