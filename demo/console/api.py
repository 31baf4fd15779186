"""The API client: a few calls; the failures are those of `Connection`."""

from typing import Any, Final

from console.connection import Answer, Connection, Reply, invalid_of

MAX_BATCH: Final = 100

TRIAL: Final = "/predict?explain=true&record=false"
"""A payment that somebody tries must not become one in the histories of its accounts."""

type Payment = dict[str, Any]


class Api:
    """A client of one API."""

    def __init__(self, url: str, key: str = "") -> None:
        self._connection = Connection(url, key)

    @property
    def url(self) -> str:
        """The API's address."""
        return self._connection.url

    def model(self) -> Answer:
        """The model in service, its policy and its metrics."""
        return self._connection.ask("GET", "/model").body

    def predict(self, payment: Payment) -> Reply:
        """The answer to one payment, explained and not recorded."""
        return self._connection.ask("POST", TRIAL, payment)

    def predict_batch(
        self, payments: list[Payment], *, explain: bool = False, record: bool = False
    ) -> list[Answer]:
        """The answers to up to 100 payments, in order; a refused payment raises an error."""
        results = self.predict_each(payments, explain=explain, record=record)
        for result in results:
            if "problem" in result:
                raise invalid_of(result["problem"])
        return results

    def predict_each(
        self, payments: list[Payment], *, explain: bool = False, record: bool = False
    ) -> list[Answer]:
        """The answers to up to 100 payments, in order; a refused payment has a `problem`."""
        path = f"/predict/batch?explain={explain}&record={record}".lower()
        reply = self._connection.ask("POST", path, {"transactions": payments})
        results: list[Answer] = reply.body["results"]
        return results
