"""The accounts whose histories a payment sees. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fraud_api_lambda.domain.schema import Schema

PAYER: Final = "payer"
PAYEE: Final = "payee"

RECEIVED: Final = "received"
"""What the payer received before: its account's history as a payee, where accounts do both."""


@dataclass(frozen=True, slots=True)
class AccountColumns:
    """The columns of an account whose history a payment sees.

    Attributes
    ----------
    column : str
        The id of the account.
    counted : str
        The column of the account in whose history a payment is counted.
    kind : str
        The kind of that account: `PAYER`, `PAYEE` or the name of an entity.
    partner : str or None
        The column of the account on the other side, if `column` and `counted` are the same.
    """

    column: str
    counted: str
    kind: str
    partner: str | None


def accounts_of(schema: Schema) -> Mapping[str, AccountColumns]:
    """The histories that a payment of a schema may see, by name."""
    payer, payee = schema.roles.payer, schema.roles.payee
    found: dict[str, AccountColumns] = {}
    if payer is not None:
        found[PAYER] = AccountColumns(payer, payer, PAYER, payee)
    if payee is not None:
        found[PAYEE] = AccountColumns(payee, payee, PAYEE, payer)
    if payer is not None and payee is not None and schema.shared_accounts:
        found[RECEIVED] = AccountColumns(payer, payee, PAYEE, None)
    for name, column in schema.entities.items():
        found[name] = AccountColumns(column, column, name, payer)
    return found
