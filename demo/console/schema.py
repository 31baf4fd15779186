"""The fields of a payment, as GET /model tells them, and the words for them."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from console.api import Payment
from console.built_in import BUILT_IN, UNKNOWN, BuiltIn
from console.connection import Answer
from console.words import account_of, sentence, value_in_words

ROLES: Final = {
    "amount": "Amount",
    "balance": "Payer's balance before",
    "id": "Id",
    "payee": "Payee's account",
    "payee_balance": "Payee's balance before",
    "payer": "Payer's account",
    "time": "Time",
}
"""Labels of the fields with a role."""

NUMBERS: Final = frozenset({"count", "money", "number", "latitude", "longitude"})
CHOICES: Final = frozenset({"category", "flag"})
PLACES: Final = frozenset({"latitude", "longitude"})
DROPPED: Final = "any"
INSTEAD: Final = "moment"
"""The form of the field that a request may have in place of a count."""

_ROLES_IN_ORDER: Final = ("time", "amount", "balance", "", "payer", "payee")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a payment; the attributes are those of the API's answer, and one more.

    Attributes
    ----------
    has_history : bool
        Whether the model reads what was done with the entity that the field names.
    """

    name: str
    form: str
    role: str = ""
    attribute: str = ""
    required: bool = True
    values: tuple[str, ...] = ()
    closed: bool = False
    words: str = ""
    has_history: bool = False

    @classmethod
    def of(cls, told: dict[str, Any], entities: Collection[str] = ()) -> "Field":
        """The field that the API describes; the model has the histories of `entities`."""
        return cls(
            name=told["name"],
            form=told["form"],
            role=told["role"],
            attribute=told["attribute"],
            required=told["required"],
            values=tuple(told["values"]),
            closed=told["closed"],
            words=told["label"],
            has_history=told["role"] in entities,
        )

    @property
    def is_asked(self) -> bool:
        """Whether a form has it: what the model needs, without the caller's own extras."""
        if self.form in {DROPPED, INSTEAD}:
            return False
        return self.required or bool(self.attribute) or self.role == "time" or self.has_history

    @property
    def label(self) -> str:
        """The words for it."""
        words = sentence(self.words) or ROLES.get(self.role) or sentence(self.role or self.name)
        return f"{words}, {self.form}" if self.form in PLACES else words

    @property
    def place_in_form(self) -> int:
        """Choices come first, then time and amounts, then ids, then texts and places."""
        if self.form in CHOICES:
            return -1
        if self.form in PLACES or (not self.role and self.form != "number"):
            return len(_ROLES_IN_ORDER)
        return _ROLES_IN_ORDER.index(self.role) if self.role in _ROLES_IN_ORDER else 9


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of a payment.

    Attributes
    ----------
    currency : str
        Of amounts, in words if the data does not say.
    decimals : int
        Decimal places of an amount.
    fields : tuple of Field
    peers : Field or None
        The category whose values are compared.
    built_in : BuiltIn
        Presets and more, if it is one of our own.
    """

    name: str
    currency: str
    decimals: int
    fields: tuple[Field, ...]
    peers: Field | None
    built_in: BuiltIn

    @classmethod
    def of(cls, model: Answer) -> "Schema":
        """The schema of the model in service."""
        told = model["schema"]
        histories = [each for each in model.get("inputs", ()) if each["measure"] == "history"]
        entities = {account_of(each["feature"]) for each in histories}
        fields = tuple(Field.of(each, entities) for each in told["fields"])
        peers = [each for each in fields if each.attribute and each.attribute == told["peer_group"]]
        ours = BUILT_IN.get(told["name"], UNKNOWN)
        return cls(
            name=told["name"],
            currency=told["currency"] or model["policy"]["currency"],
            decimals=told["decimals"],
            fields=fields,
            peers=peers[0] if peers else None,
            built_in=ours if _fits(ours, fields) else UNKNOWN,
        )

    @property
    def asked(self) -> tuple[Field, ...]:
        """The fields of a form, in its order."""
        asked = [field for field in self.fields if field.is_asked]
        return tuple(sorted(asked, key=lambda field: field.place_in_form))

    @property
    def rows(self) -> list[tuple[Field, ...]]:
        """The fields of a form, with the two of a place together."""

        def together(field: Field) -> tuple[str, str]:
            return ("place", field.attribute) if field.form in PLACES else ("field", field.name)

        return [tuple(group) for _, group in groupby(self.asked, together)]

    @property
    def labels(self) -> dict[str, str]:
        """The label of each field."""
        return {field.name: self.label(field) for field in self.fields}

    def label(self, field: Field) -> str:
        """The words for a field."""
        return "Hour of day" if self.is_hour(field) else field.label

    def has_hour(self, field: Field) -> bool:
        """Whether the field tells the hour of the day."""
        return field.form == "time" or self.is_hour(field)

    def is_hour(self, field: Field) -> bool:
        """Whether the field counts hours, so that a form may ask for the hour of the day."""
        return field.form == "count" and self.built_in.has_hours

    def role(self, name: str) -> Field | None:
        """The field of a form with this role."""
        return next((field for field in self.asked if field.role == name), None)

    def value(self, payment: Payment, role: str) -> Any:
        """The payment's value of a role, None if there is none."""
        field = self.role(role)
        return payment.get(field.name) if field else None

    def kind(self, payment: Payment) -> str:
        """The payment's value of the compared category, in words; empty if there is none."""
        value = payment.get(self.peers.name) if self.peers else None
        return "" if value is None else value_in_words(str(value))

    def is_beyond_balance(self, payment: Payment) -> bool:
        """Whether the amount exceeds the balance; a balance of 0 means that none is known."""
        if self.role("balance") is None or self.built_in.is_incoming(payment):
            return False
        return bool(0 < self.value(payment, "balance") < self.value(payment, "amount"))

    def beyond_balance(self, payment: Payment) -> str:
        """A warning if the amount exceeds the balance, else nothing."""
        if not self.is_beyond_balance(payment):
            return ""
        return f"The amount exceeds the payer's balance. {self.built_in.beyond_balance}"

    def examples(self, model: Answer) -> dict[str, Payment]:
        """The model's own payments, the stopped one first, then those that we know of."""
        names = {"stopped": "Stopped by this model", "approved": "Approved by this model"}
        own = {name: model["examples"][kind] for kind, name in names.items()}
        known = {name: example["transaction"] for name, example in own.items() if example}
        return {**known, **self.built_in.presets}


def _fits(ours: BuiltIn, fields: tuple[Field, ...]) -> bool:
    """Whether our payments have these fields: anybody may give a schema our name."""
    names = {field.name for field in fields}
    needed = {field.name for field in fields if field.required}
    return all(needed <= each.keys() <= names for each in ours.presets.values())
