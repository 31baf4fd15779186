"""States of partners, without the number of an erased account. Pure."""

from collections.abc import Mapping

from fraud_api_lambda.history.packing import PackedStateError
from fraud_api_lambda.records.account import Account
from fraud_api_lambda.records.items import Item
from fraud_api_lambda.records.keys import Keys
from fraud_api_lambda.records.seals import is_sealed, seal


def partners_of(item: Item) -> Mapping[int, int]:
    """The numbers of an account's partners, with the time of the latest payment.

    Raises
    ------
    PackedStateError
        If the item is not a state that can be read.
    """
    return _account(item).state.partners.kept


def renamed(item: Item, numbers: Mapping[int, int], keys: Keys) -> Item:
    """A state with other numbers for its partners; sealed again if its seal was right.

    Parameters
    ----------
    item : Item
    numbers : dict of int
        The new numbers of partners.
    keys : Keys
    """
    account = _account(item)
    partners = account.state.partners
    kept = {numbers.get(number, number): time for number, time in partners.kept.items()}
    state = account.state._replace(partners=partners._replace(kept=kept))
    written = {**item, "s": account._replace(state=state).pack()}
    if is_sealed(item, keys):
        written["m"] = seal(written, keys)
    return written


def _account(item: Item) -> Account:
    stored = item.get("s")
    if not isinstance(stored, bytes):
        raise PackedStateError("the item has no state")
    return Account.unpack(stored)
