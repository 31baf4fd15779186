"""Reviews as the API shows them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from fraud_api_lambda.history.view import History
from fraud_api_lambda.records.labels import Known
from fraud_api_lambda.records.outcomes import Closing, Label
from fraud_api_lambda.records.queue import AccountNow, Details
from fraud_api_lambda.web.labels.models import text_of_micros

type Shown = dict[str, object]

_OF_ANSWER: Final = (
    "decision",
    "fraud_probability",
    "threshold",
    "reasons",
    "model_version",
    "degraded",
)
_MONEY: Final = ("sum_24h", "sum_7d", "sum_30d")


def review(known: Known) -> Shown:
    """A payment for review."""
    record, later = known
    answer, grounds = json.loads(record.answer), json.loads(record.grounds)
    names: list[str] = grounds["accounts"]
    return {
        "prediction_id": record.prediction_id,
        "time": text_of_millis(record.arrived),
        "amount": record.amount,
        "currency": grounds["currency"],
        "expected_loss": grounds["expected_loss"],
        **{name: answer[name] for name in _OF_ANSWER},
        "facts": json.loads(record.facts),
        "accounts": dict(zip(names, record.accounts, strict=True)),
        "label": later.label and label(later.label),
        "closed": later.closing and closing(later.closing),
    }


def details(found: Details) -> Shown:
    """A payment for review, with its explanation and its accounts."""
    grounds = json.loads(found.known.record.grounds)
    unit = 10.0 ** grounds["decimals"]
    accounts = zip(grounds["accounts"], found.accounts, strict=True)
    histories = {name: account and _account(account, unit) for name, account in accounts}
    return {
        **review(found.known),
        "explanation": grounds["explanation"],
        "histories": histories,
    }


def label(known: Label) -> Shown:
    """A label, its source and its time."""
    return {
        "label": _word(known.is_fraud),
        "source": known.source,
        "at": text_of_micros(known.at),
    }


def closing(closed: Closing) -> Shown:
    """Who closed a review, when and how."""
    return {**closed_by(closed), "note": closed.note}


def closed_by(closed: Closing) -> Mapping[str, str]:
    """Who closed a review, when and how, for an analyst who comes second."""
    return {
        "label": _word(closed.is_fraud),
        "by": closed.by,
        "at": text_of_micros(closed.at),
    }


def text_of_millis(millis: int) -> str:
    """A time as ISO 8601 in UTC."""
    when = datetime.fromtimestamp(millis / 1_000, UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _word(is_fraud: bool) -> str:
    return "fraud" if is_fraud else "genuine"


def _account(account: AccountNow, unit: float) -> Shown:
    return {
        "id": account.key,
        "seen": account.seen and _seen(account.seen, unit),
        "days": [
            {
                "days_ago": day.days_ago,
                "count": day.payments,
                "amount": day.amount / unit,
                "frauds": day.frauds,
            }
            for day in account.days
        ],
        "decisions": [_decision(each) for each in account.decisions],
    }


def _seen(history: History, unit: float) -> Shown:
    money = {name: getattr(history, name) / unit for name in _MONEY}
    return {**history._asdict(), **money}


def _decision(known: Known) -> Shown:
    """An earlier or later decision on the same account."""
    record, answer = known.record, json.loads(known.record.answer)
    found = known.later.label
    return {
        "prediction_id": record.prediction_id,
        "time": text_of_millis(record.arrived),
        "amount": record.amount,
        "decision": answer["decision"],
        "fraud_probability": answer["fraud_probability"],
        "label": found and _word(found.is_fraud),
    }
