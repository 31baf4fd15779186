"""The API of the simulated month: in this process, on the emulator's table, by its own clock."""

from collections.abc import Sequence
from datetime import UTC, datetime
from heapq import heappop, heappush
from typing import Any, Final

import numpy as np
from fastapi.testclient import TestClient

from benchmarks.memory_stream import PatientTable, api
from benchmarks.month.people import Said, Truth, reactions
from fraud_api_lambda.settings import Settings, aws_client

TOGETHER: Final = 20
"""Payments in a request; what was said before its first one is sent before it."""

MOST_OUTCOMES: Final = 100
ANALYST: Final = "analyst"
CLOSED: Final = 409

type Answer = dict[str, Any]


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
        table = PatientTable(Settings.from_environment().table, aws_client())
        return api(table, now=lambda: float(self._now))

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
