"""The API of the simulated month: in this process, on the emulator's table, by its own clock."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from heapq import heappop, heappush
from typing import Any, Final

import numpy as np
from fastapi.testclient import TestClient

from benchmarks.month.people import Said, Truth, reactions
from fraud_api_lambda.aws.dynamodb import Item, Page, Put, Query, Table
from fraud_api_lambda.deployment.provider import ModelProvider
from fraud_api_lambda.deployment.store import ModelStore
from fraud_api_lambda.records.keys import SecretKeys
from fraud_api_lambda.records.log import DecisionLog
from fraud_api_lambda.records.requests import Waits
from fraud_api_lambda.service import Service
from fraud_api_lambda.settings import Settings, aws_client
from fraud_api_lambda.web.app import create_app
from fraud_api_lambda.web.recorded import render

TOGETHER: Final = 20
"""Payments in a request; what was said before its first one is sent before it."""

MOST_OUTCOMES: Final = 100
ANALYST: Final = "analyst"
CLOSED: Final = 409

type Answer = dict[str, Any]


class PatientTable(Table):
    """A table whose answers are awaited, however slow the emulator is."""

    def read(self, keys: Sequence[str], *, consistent: bool, deadline: float) -> dict[str, Item]:
        """Read items."""
        del deadline
        return super().read(keys, consistent=consistent, deadline=_later())

    def find(self, key: str, *, deadline: float) -> Item | None:
        """Read an item."""
        del deadline
        return super().find(key, deadline=_later())

    def page(self, query: Query, *, deadline: float) -> Page:
        """Read an index."""
        del deadline
        return super().page(query, deadline=_later())

    def write(self, puts: Sequence[Put], *, deadline: float) -> None:
        """Write items, all or none."""
        del deadline
        super().write(puts, deadline=_later())


def _later() -> float:
    return time.monotonic() + 30


class Month:
    """Payments in order of time, and what people say of them meanwhile.

    Parameters
    ----------
    chance : Generator

    Attributes
    ----------
    said : int
        Outcomes and reviews so far.
    """

    def __init__(self, chance: np.random.Generator) -> None:
        self._chance = chance
        self._waiting: list[Said] = []
        self._now = 0
        self.said = 0
        self._client = self._api()

    def restart(self) -> None:
        """Start the API again, so that it serves the model that was promoted."""
        self._client = self._api()

    def _api(self) -> TestClient:
        """A client of the API of this environment, composed as `fraud_api_lambda.handler` does."""
        settings, aws = Settings.from_environment(), aws_client()
        store = ModelStore(
            bucket=settings.model_bucket,
            parameter=settings.model_parameter,
            aws=aws,
            secret_parameter=settings.secret_parameter,
        )
        provider = ModelProvider(store, refresh_s=3_600, has_memory=True)
        log = DecisionLog(PatientTable(settings.table, aws), Waits(clock=lambda: 0.0))
        secret = SecretKeys(lambda: store.secret)
        service = Service(log, secret, render, now=lambda: float(self._now))
        return TestClient(create_app(provider, service=service))

    def post(self, bodies: Sequence[Answer], truths: Sequence[Truth]) -> list[Answer]:
        """The answers to payments of one request, after all that was said before them."""
        self.listen(truths[0].time)
        self._now = truths[-1].time
        answers = self._posted("/predict/batch", {"transactions": list(bodies)})
        for answer, truth in zip(answers, truths, strict=True):
            for said in reactions(answer, truth, self._chance):
                heappush(self._waiting, said)
        return answers

    def listen(self, until: int) -> None:
        """Send what is said until a time, in seconds since the epoch."""
        due: list[Said] = []
        while self._waiting and self._waiting[0].at <= until:
            due.append(heappop(self._waiting))
        self._now = max(self._now, until)
        self.said += len(due)
        for said in due:
            if said.source == ANALYST:
                self._close(said)
        told = [_outcome(said) for said in due if said.source != ANALYST]
        for start in range(0, len(told), MOST_OUTCOMES):
            self._posted("/outcomes", {"outcomes": told[start : start + MOST_OUTCOMES]})

    def _close(self, said: Said) -> None:
        body = {"label": _label(said), "by": "Ada"}
        response = self._client.post(f"/reviews/{said.prediction_id}", json=body)
        if response.status_code != CLOSED:  # the payer was quicker than the analyst
            response.raise_for_status()

    def _posted(self, path: str, body: Answer) -> list[Answer]:
        response = self._client.post(path, json=body)
        response.raise_for_status()
        results: list[Answer] = response.json()["results"]
        refused = [each["problem"]["detail"] for each in results if "problem" in each]
        if refused:
            raise RuntimeError(f"{path}: {refused[0]}")
        return results


def _label(said: Said) -> str:
    return "fraud" if said.is_fraud else "genuine"


def _outcome(said: Said) -> Answer:
    return {
        "prediction_id": said.prediction_id,
        "label": _label(said),
        "source": said.source,
        "at": datetime.fromtimestamp(said.at, UTC).isoformat(),
    }
