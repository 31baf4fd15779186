"""From the values of a payment to its recorded answer: gathers, decides, records.

Knows neither HTTP nor the words of the table.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from secrets import token_bytes
from typing import Final, NamedTuple

from fraud_api_lambda.deployment.loaded_model import LoadedModel
from fraud_api_lambda.domain.assessment import Assessment, Decision
from fraud_api_lambda.domain.payment import Payment
from fraud_api_lambda.domain.reading import Values
from fraud_api_lambda.history.view import History
from fraud_api_lambda.labelling import Labelling, MemoryUnavailableError
from fraud_api_lambda.records.answering import (
    NO_HISTORY,
    UNRECORDED,
    Answered,
    Assessor,
    Context,
    Decided,
)
from fraud_api_lambda.records.asked import Asked, AskedReader
from fraud_api_lambda.records.grounds import grounds
from fraud_api_lambda.records.items import Record
from fraud_api_lambda.records.keys import Keys
from fraud_api_lambda.records.log import DecisionLog, LogError
from fraud_api_lambda.records.requests import Requests
from fraud_api_lambda.records.states import groups

SANDBOX: Final = {
    "test_fraud": Decision.BLOCK,
    "test_review": Decision.REVIEW,
    "test_genuine": Decision.APPROVE,
}
"""The decisions on transactions with these ids, with which a client is tested."""

BUDGET_S: Final = 5.0
"""Limit of all requests to the table for a batch; the function itself has ten seconds."""

KEPT: Final = 2
"""Readers that are kept: that of the current model, and that of a newer one."""


class Question(NamedTuple):
    """What a caller wants.

    Attributes
    ----------
    explain : bool
        With an explanation.
    record : bool
        To be recorded.
    """

    explain: bool = False
    record: bool = True


class Answers(NamedTuple):
    """The answers to payments, in order.

    Attributes
    ----------
    decided : list of Decided
    table_s : float
        Time that the table took.
    writes : int
        Transactions that were sent.
    """

    decided: list[Decided]
    table_s: float
    writes: int


@dataclass(frozen=True, slots=True)
class Form:
    """An answer as the caller sees it, but for the assessment."""

    prediction_id: str
    model_version: str
    degraded: tuple[str, ...]
    is_test: bool


type Render = Callable[[Assessment, Payment, Form], str]
"""Writes an answer as JSON."""


class Service:
    """Answers payments with the histories of their accounts, and records the answers.

    Parameters
    ----------
    log : DecisionLog
    keys : callable
        Returns the keys; None while there is no secret, and then nothing is recorded.
    render : Render
    now : callable
        The time in seconds since the epoch.

    Attributes
    ----------
    labels : Labelling
    """

    def __init__(
        self,
        log: DecisionLog,
        keys: Callable[[], Keys | None],
        render: Render,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._log, self._keys, self._render, self._now = log, keys, render, now
        self.labels = Labelling(log, keys, now)
        self._readers: tuple[tuple[str, AskedReader], ...] = ()
        self._no_keys = Keys(token_bytes(16))

    def find(self, prediction_id: str) -> Record | None:
        """The record of a prediction.

        Raises
        ------
        MemoryUnavailableError
            If the table does not answer.
        """
        try:
            return self._log.find(prediction_id, self._arrival())
        except LogError as error:
            raise MemoryUnavailableError from error

    def asked(self, model: LoadedModel, values: Values, question: Question) -> Asked:
        """The payment of some values; raises `FutureTimeError`."""
        keys = self._keys()
        asked = self._reader(model).asked(values, keys or self._no_keys, self._arrival())
        asked = asked._replace(is_keyed=keys is not None)
        if _is_recorded(asked, question):
            return asked
        return asked._replace(prediction_id=self._no_keys.prediction(None))

    def answer(self, model: LoadedModel, payments: Sequence[Asked], question: Question) -> Answers:
        """Answer payments in order, each as if those before it had been answered alone."""
        assessor, used = self._assessor(model, question), list[Requests]()
        keys = self._keys() if all(asked.is_keyed for asked in payments) else None
        until = self._log.in_seconds(BUDGET_S)

        def context() -> Context:
            used.append(self._log.requests(until))
            return Context(used[-1], keys or self._no_keys, assessor)

        decided: list[Decided] = []
        for is_recorded, run in groupby(payments, lambda asked: _is_recorded(asked, question)):
            answered = self._log.decide_group if is_recorded else self._previewed
            for group in groups(run):
                decided += (
                    answered(group, context) if keys else _without_keys(group, assessor, question)
                )
        return Answers(
            decided, sum(each.waited_s for each in used), sum(each.writes for each in used)
        )

    def _previewed(self, group: Sequence[Asked], context: Callable[[], Context]) -> list[Decided]:
        return self._log.preview(group, context())

    def _assessor(self, model: LoadedModel, question: Question) -> Assessor:
        reader, render = self._reader(model), self._render

        def answer(
            asked: Asked, histories: Sequence[History] | None, limits: tuple[str, ...]
        ) -> Answered:
            scorer = model.scorer if histories is not None else model.second or model.scorer
            payment = reader.with_histories(asked, histories)
            decision = SANDBOX.get(payment.transaction_id or "")
            assessment = scorer.assess(payment, explain=question.explain, decision=decision)
            degraded = model.degraded + limits + payment.degraded
            form = Form(asked.prediction_id, model.version, degraded, decision is not None)
            text = render(assessment, payment, form)
            for_review = assessment.decision is Decision.REVIEW and question.record
            return Answered(text, model.version, grounds(scorer, payment) if for_review else "")

        return Assessor(answer, needs_histories=model.second is not None)

    def _reader(self, model: LoadedModel) -> AskedReader:
        for version, reader in self._readers:
            if version == model.version:
                return reader
        made = AskedReader(model.scorer.bundle.plan)
        # One assignment of a whole tuple: another thread sees the old one or the new one.
        self._readers = ((model.version, made), *self._readers)[:KEPT]
        return made

    def _arrival(self) -> int:
        return round(self._now() * 1_000)


def _is_recorded(asked: Asked, question: Question) -> bool:
    return question.record and asked.payment.transaction_id not in SANDBOX


def _without_keys(group: Sequence[Asked], assessor: Assessor, question: Question) -> list[Decided]:
    """Answers while there is no secret."""
    unread = (NO_HISTORY,) if assessor.needs_histories else ()
    unrecorded = (UNRECORDED,) if question.record else ()
    return [Decided(assessor.answer(asked, None, unread + unrecorded).answer) for asked in group]
