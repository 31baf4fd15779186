"""Observations about the histories of a payment's accounts: codes and their words. Pure."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from fraud_api_lambda.domain.accounts import PAYEE, PAYER, RECEIVED
from fraud_api_lambda.features.feature import Feature
from fraud_api_lambda.history.state import DAY_S, MOST_PARTNERS
from fraud_api_lambda.history.view import History

FEW: Final = 3
"""A busy account has at least as many payments, and more than usual."""

UNLIKE: Final = 2.0
"""An amount is unlike others if it is at least so many times their mean, or the inverse."""

DORMANT_AFTER_S: Final = 30 * DAY_S

WINDOWS: Final = {
    "24h": "24 hours",
    "30d": "30 days",
}
"""The windows of counts. They are clock hours and days, so a count may be too low, not too high."""

BUSY: Final = {PAYER: "PAYER_BURST", PAYEE: "PAYEE_COLLECTS", RECEIVED: "PASS_THROUGH"}
REPORTED: Final = {PAYER: "PAYER_REPORTED", PAYEE: "PAYEE_REPORTED", RECEIVED: "PAYER_REPORTED"}
CODES: Final = (
    "PAYEE_REPORTED",
    "PAYER_REPORTED",
    "ENTITY_REPORTED",
    "PASS_THROUGH",
    "PAYEE_COLLECTS",
    "PAYER_BURST",
    "ENTITY_BURST",
    "UNLIKE_OWN_HISTORY",
    "DORMANT_ACCOUNT",
    "NEW_PAYEE",
)
"""The codes of histories, in the order that breaks ties."""


class Observation(NamedTuple):
    """A number of the history that a payment sees.

    Attributes
    ----------
    feature : Feature
    history : History
    amount : float
        Of the payment, in minor units.
    usual : dict of float
        The typical values of the features.
    """

    feature: Feature
    history: History
    amount: float
    usual: Mapping[str, float]

    def code(self) -> str | None:
        """The code of what holds of the number; None if there is nothing to observe."""
        account, number = self.feature.account, self.feature.number
        match number.partition("_")[0]:
            case "count":
                return BUSY.get(account, "ENTITY_BURST") if self._is_busy else None
            case "fraud":
                is_reported = self.history.frauds_30d > 0
                return REPORTED.get(account, "ENTITY_REPORTED") if is_reported else None
            case "mean" | "amount":
                return "UNLIKE_OWN_HISTORY" if self._is_unlike else None
            case "new":
                is_new = account == PAYER and self.history.new_partner
                return "NEW_PAYEE" if is_new else None
        if number == "since_last_s" and self.history.seen:
            return self._code_of_pause()
        return None

    def text(self, code: str) -> str:
        """The observation in words."""
        match code:
            case "NEW_PAYEE":
                return (
                    "On record, the payer has not paid this payee before, or has paid "
                    f"{MOST_PARTNERS} others as recently."
                )
            case "UNLIKE_OWN_HISTORY":
                return self._unlike()
            case "DORMANT_ACCOUNT":
                days = self.history.since_last_s // DAY_S
                account = _words(self.feature.account)
                return f"The {account} had no payment for {days:,} days before this one."
            case _ if code.endswith("REPORTED"):
                return self._reported()
        return self._busy()

    @property
    def _is_busy(self) -> bool:
        """Whether it is a busy account; one payment of today is enough to be passed on."""
        if self.feature.account == RECEIVED:
            return bool(self.history.count_24h > 0)
        n = getattr(self.history, self.feature.number)
        return bool(n >= FEW and n > self.usual[self.feature.name])

    @property
    def _is_unlike(self) -> bool:
        ratio = self._ratio
        return ratio is not None and (ratio >= UNLIKE or ratio <= 1 / UNLIKE)

    @property
    def _ratio(self) -> float | None:
        """The amount over the mean of 30 days."""
        total = self.history.sum_30d
        return self.amount * self.history.count_30d / total if total > 0 else None

    def _code_of_pause(self) -> str | None:
        if self.feature.account == RECEIVED:
            return "PASS_THROUGH" if self.history.count_24h > 0 else None
        return "DORMANT_ACCOUNT" if self.history.since_last_s >= DORMANT_AFTER_S else None

    def _unlike(self) -> str:
        ratio = self._ratio or 0.0
        of = {PAYER: "the payer's", PAYEE: "the payee's", RECEIVED: "the payer's incoming"}
        whose = of.get(self.feature.account, f"the {_words(self.feature.account)}'s")
        shown = f"{ratio:.1f}" if ratio >= 0.1 else "under 0.1"
        return f"The amount is {shown} times the mean of {whose} payments in 30 days."

    def _reported(self) -> str:
        n = int(self.history.frauds_30d)
        account = self.feature.account
        role = {PAYER: "of this payer", PAYEE: "to this payee", RECEIVED: "to this payer"}
        which = role.get(account, f"with this {_words(account)}")
        verb = "payment {} was" if n == 1 else "payments {} were"
        return f"At least {n:,} earlier {verb.format(which)} reported as fraud."

    def _busy(self) -> str:
        account, number = self.feature.account, self.feature.number
        window = "30d" if number == "count_30d" and account != RECEIVED else "24h"
        n = int(getattr(self.history, f"count_{window}"))
        verb = {PAYER: "made", PAYEE: "received", RECEIVED: "received"}.get(account, "had")
        name = "payer" if account == RECEIVED else _words(account)
        payments = f"{n:,} payment{'' if n == 1 else 's'}"
        return f"The {name} {verb} at least {payments} in the {WINDOWS[window]} before this one."


def _words(account: str) -> str:
    return account.replace("_", " ")
