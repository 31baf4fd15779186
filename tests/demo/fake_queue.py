"""A review queue in memory, in front of a real API: what the pages are tested against."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

type Review = dict[str, Any]
type Replied = tuple[int, Any]

NOW = "2026-11-28T14:05:09.123Z"


@dataclass
class FakeQueue:
    """The reviews by id, and what was asked.

    Attributes
    ----------
    reviews : dict
    forward : str
        The API that answers everything else.
    refuses : int
        The status of all its routes, if not 0.
    """

    reviews: dict[str, Review] = field(default_factory=dict)
    forward: str = ""
    refuses: int = 0
    posted: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)
    url: str = ""

    def answer(self, method: str, target: str, body: Any, key: str) -> Replied:
        """The status and the body of an answer."""
        parts = urlsplit(target)
        if not parts.path.startswith("/reviews"):
            reply = requests.request(method, self.forward + target, json=body, timeout=20)
            return reply.status_code, reply.json()
        self.keys.append(key)
        if self.refuses:
            return self.refuses, {"detail": "internals"}
        name = parts.path.removeprefix("/reviews").removeprefix("/")
        with self.lock:
            if not name:
                return 200, self._list(parse_qs(parts.query))
            if name not in self.reviews:
                return 404, {"type": "no-review"}
            if method == "GET":
                return 200, self.reviews[name]
            return self._close(name, body)

    def close(self, name: str, by: str, label: str, source: str = "analyst") -> None:
        """Somebody closes a review, or an outcome comes."""
        told = {"label": label, "source": source, "at": NOW}
        self.reviews[name]["label"] = told
        if source == "analyst":
            self.reviews[name]["closed"] = {"by": by, "label": label, "at": NOW, "note": ""}

    def _list(self, query: dict[str, list[str]]) -> dict[str, Any]:
        (by,), (limit,), (after,) = (
            query.get(name, [default])
            for name, default in (("by", ""), ("limit", "20"), ("after", "0"))
        )
        if by:
            found = [
                each for each in self.reviews.values() if (each["closed"] or {}).get("by") == by
            ]
        else:
            found = [each for each in self.reviews.values() if not each["label"]]
        found.sort(key=lambda each: -each["expected_loss"])
        end = int(after) + int(limit)
        return {
            "reviews": found[int(after) : end],
            "next": str(end) if end < len(found) else None,
        }

    def _close(self, name: str, body: Any) -> Replied:
        self.posted.append(body | {"prediction_id": name})
        review = self.reviews[name]
        told = review["closed"] or review["label"]
        if told:
            by = told.get("by") or told["source"]
            return 409, {
                "type": "review-closed",
                "by": by,
                "at": told["at"],
                "label": told["label"],
            }
        self.close(name, body["by"], body["label"])
        review["closed"]["note"] = body.get("note", "")
        return 200, {"prediction_id": name, **review["closed"]}


@contextmanager
def serving(queue: FakeQueue) -> Iterator[FakeQueue]:
    """A server in front of the queue."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(size)) if size else None
            key = self.headers.get("x-api-key", "")
            status, content = queue.answer(self.command, self.path, body, key)
            sent = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_POST = do_GET  # noqa: N815  # the library's name

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        queue.url = f"http://127.0.0.1:{server.server_port}"
        yield queue
        server.shutdown()


def account(letter: str, **seen: Any) -> dict[str, Any]:
    """The history of an account with twelve payments of 100 on average."""
    known = {
        "seen": True,
        "count_24h": 2,
        "count_7d": 5,
        "count_30d": 12,
        "sum_24h": 250.0,
        "sum_7d": 500.0,
        "sum_30d": 1_200.0,
        "since_last_s": 7_200,
        "new_partner": True,
        "matured_7d": 3,
        "matured_30d": 10,
        "frauds_7d": 0,
        "frauds_30d": 1,
    }
    return {
        "id": letter * 32,
        "seen": known | seen,
        "days": [
            {"days_ago": ago, "count": 1 + ago % 3, "amount": 90.0, "frauds": int(ago == 9)}
            for ago in (0, 1, 4, 9, 10, 17, 25)
        ],
        "decisions": [
            {
                "prediction_id": f"{letter}-earlier",
                "time": "2026-11-20T08:00:00.000Z",
                "amount": 75.5,
                "decision": "approve",
                "fraud_probability": 0.002,
                "label": "fraud",
            }
        ],
    }


def review(number: int, **changes: Any) -> Review:
    """A payment in the queue; the larger its number, the larger its expected loss."""
    told: Review = {
        "prediction_id": f"{number:08d}-0000-8000-8000-000000000000",
        "time": "2026-11-28T09:30:00.000Z",
        "amount": 1_000.0 * number,
        "currency": "TZS",
        "expected_loss": 50.0 * number,
        "fraud_probability": 0.05,
        "threshold": 0.1,
        "decision": "review",
        "reasons": [
            {
                "code": "LARGE_AMOUNT",
                "feature": "amount",
                "value": 1.0,
                "contribution": 2.5,
                "text": "The amount is larger than usual.",
            }
        ],
        "model_version": "0123456789abcdef",
        "degraded": [],
        "facts": {"type": "CASH_OUT", "oldbalanceOrg": 5_000.0},
        "accounts": {"payer": "a" * 32, "payee": "b" * 32},
        "label": None,
        "closed": None,
        "explanation": {
            "base_value": -6.0,
            "margin": -3.0,
            "contributions": {"amount": 2.5, "hour": 0.7, "balance": -0.2},
        },
        "histories": {"payer": account("a"), "payee": account("b", seen=False)},
    }
    return told | changes


def queue_of(count: int, **changes: Any) -> FakeQueue:
    """A queue of some reviews."""
    made = [review(number, **changes) for number in range(1, count + 1)]
    return FakeQueue({each["prediction_id"]: each for each in made})
