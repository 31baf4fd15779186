"""Observations about the features of a payment: which code is true of it, and in which words. Pure.

A code claims only what holds in the payment. A text says what was observed; it accuses nobody and
gives no thresholds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from fraud_api_lambda.decisions import reason_texts as texts
from fraud_api_lambda.decisions.history_observations import Observation
from fraud_api_lambda.decisions.typical import ALL, Hours, Typical
from fraud_api_lambda.domain.elementwise import Value, is_missing
from fraud_api_lambda.domain.payment import Facts
from fraud_api_lambda.domain.schema import Schema
from fraud_api_lambda.features.balance import HALF_A_CENT, NEARLY_ALL
from fraud_api_lambda.features.feature import Feature, Measure
from fraud_api_lambda.history.view import NEVER_SEEN, History

RISKY_TYPE: Final = "RISKY_TYPE"


@dataclass(frozen=True)
class Observed:
    """A payment beside the genuine payments of its peer group.

    Attributes
    ----------
    facts : Facts
    schema : Schema
    typical : Typical
    histories : tuple of str
        The names of the histories in `facts`.
    """

    facts: Facts
    schema: Schema
    typical: Typical
    histories: tuple[str, ...] = ()

    @cached_property
    def peers(self) -> str:
        """The peer group of the payment."""
        group = self.schema.peer_group
        peers = ALL if group is None else self._fact(group)
        return peers if peers in self.typical.values else ALL

    @property
    def usual(self) -> Mapping[str, float]:
        """The typical values of the features in the peer group."""
        return self.typical.values[self.peers]

    @property
    def usual_hours(self) -> Hours:
        """The usual hours of the peer group."""
        return self.typical.hours[self.peers]

    @cached_property
    def is_incoming(self) -> bool:
        """Whether money comes in to the payer."""
        incoming = self.schema.incoming
        return incoming is not None and self._fact(incoming.attribute) in incoming.values

    def code(self, feature: Feature, value: float) -> str | None:
        """The code of the observation about a feature; None if there is nothing to observe."""
        match feature.measure:
            case Measure.LEVEL | Measure.RATE:
                code = self._category_code(feature.attribute)
            case Measure.AMOUNT:
                code = self._amount_code()
            case Measure.HOUR:
                code = None if self.facts.hour in self.usual_hours else "UNUSUAL_HOUR"
            case Measure.FLAG if self._tells_payee_kind(feature.attribute):
                code = None if is_missing(value) else "PAYEE_KIND"
            case Measure.FLAG | Measure.NUMBER:
                code = self._unusual(feature, value)
            case Measure.DISTANCE:
                code = "FAR_AWAY" if value > self.usual[feature.name] else None
            case Measure.COORDINATE | Measure.COUNT:  # inputs only
                code = None
            case Measure.HISTORY:
                code = None if is_missing(value) else self._history(feature).code()
            case Measure.BALANCE | Measure.SHARE:
                code = self._balance_code(feature.measure)
        return code

    def text(self, code: str, feature: Feature, value: float) -> str:
        """The observation in words."""
        if feature.measure is Measure.HISTORY:
            return self._history(feature).text(code)
        peers = texts.peers_of(self.schema, self.peers)
        match code:
            case "SHARE_OF_BALANCE" if self.is_incoming:
                text = f"The payer's balance is lower than usual for {peers}."
            case "EMPTIES_ACCOUNT" | "SHARE_OF_BALANCE":
                text = texts.share_sent(self.facts)
            case "UNUSUAL_HOUR":
                text = texts.unusual_hour(self.facts.hour, self.usual_hours, peers)
            case _ if code in texts.PLAIN:
                text = texts.PLAIN[code].format(peers=peers)
            case _:
                text = self._attribute_text(code, feature, value, peers)
        return text

    def _attribute_text(self, code: str, feature: Feature, value: float, peers: str) -> str:
        attributes = self.schema.attributes
        attribute = attributes[feature.attribute]
        if code == "PAYEE_KIND":
            return texts.payee_kind(attribute, is_so=bool(value))
        if code == "FAR_AWAY":
            return texts.far_away(attribute, attributes[feature.other], peers)
        if feature.measure is Measure.FLAG:
            return texts.other_than_usual(attribute, peers)
        if feature.measure is Measure.NUMBER:
            is_higher = value > self.usual[feature.name]
            return texts.compared(attribute, is_higher=is_higher, peers=peers)
        words = texts.words_of(attribute)
        having = texts.value_in_words(self._fact(feature.attribute))
        preposition = "of" if code == RISKY_TYPE else "with"
        return f"Fraud is more frequent among payments {preposition} {words} {having} than overall."

    def _category_code(self, attribute: str) -> str | None:
        if self._fact(attribute) not in self.typical.risky.get(attribute, ()):
            return None
        return RISKY_TYPE if attribute == self.schema.peer_group else "RISKY_VALUE"

    def _amount_code(self) -> str | None:
        usual = self.usual["amount"]
        if self.facts.amount == usual:
            return None
        return "LARGE_AMOUNT" if self.facts.amount > usual else "UNUSUALLY_SMALL_AMOUNT"

    def _unusual(self, feature: Feature, value: float) -> str | None:
        is_usual = value == self.usual[feature.name]
        return None if is_missing(value) or is_usual else "UNUSUAL_VALUE"

    def _balance_code(self, measure: Measure) -> str | None:
        """The code of `balance` and of the features that compare the amount with it."""
        usual, balance = self.usual["balance"], self.facts.balance
        if balance > usual and (measure is Measure.BALANCE or self.is_incoming):
            return "HIGH_BALANCE_AT_RISK"
        if balance == 0:
            return "NO_BALANCE"
        if self.is_incoming:
            return "SHARE_OF_BALANCE" if balance < usual else None
        if self.facts.amount > balance + HALF_A_CENT:
            return "EXCEEDS_BALANCE"
        share = self.facts.amount / balance
        return "EMPTIES_ACCOUNT" if share >= NEARLY_ALL else "SHARE_OF_BALANCE"

    def _history(self, feature: Feature) -> Observation:
        seen = self.facts.histories
        place = self.histories.index(feature.account)
        history = History(*seen[place]) if seen else NEVER_SEEN
        minor_units = self.facts.amount * 10**self.schema.decimals
        return Observation(feature, history, minor_units, self.usual)

    def _tells_payee_kind(self, attribute: str) -> bool:
        found = self.schema.attributes[attribute]
        return found.prefix is not None and found.columns == (self.schema.roles.payee,)

    def _fact(self, attribute: str) -> Value:
        return self.facts.attributes[self._positions[attribute]]

    @cached_property
    def _positions(self) -> Mapping[str, int]:
        """The position of each attribute: a schema may have 500, with 30 features each."""
        return {name: position for position, name in enumerate(self.schema.attributes)}
