"""An attempt to load a model: how long requests have waited for it, and its failure."""

import logging
from dataclasses import dataclass
from typing import Final

from fraud_api_lambda.aws.connections import FAILURES
from fraud_api_lambda.aws.errors import ModelStoreError

HUNG_SHARE: Final = 0.9
"""Share of the deadline after which an attempt counts as hung.

Below 1, because a request spends a part of its own time elsewhere.
"""

log = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class LoadAttempt:
    """A load in a thread of its own. Hold the provider's lock to read or change it.

    Lambda freezes the process between requests, but clocks go on. A load is certain to run only
    while a request waits for it, so its age does not show whether it hangs.

    Attributes
    ----------
    began : float
    operation : str
        The current step, by AWS's name.
    is_over, has_failed : bool
    """

    began: float
    operation: str = "GetParameter"
    is_over: bool = False
    has_failed: bool = False
    _waiting: int = 0
    _waiting_since: float = 0.0
    _waited_s: float = 0.0

    def waited_s(self, now: float) -> float:
        """Seconds during which at least one request waited."""
        return self._waited_s + (now - self._waiting_since if self._waiting else 0.0)

    def hangs(self, now: float, deadline_s: float) -> bool:
        """Whether requests have waited for it up to their limit."""
        return self.waited_s(now) >= HUNG_SHARE * deadline_s

    def start_waiting(self, now: float) -> None:
        """Count from now on, unless another request waits already."""
        if not self._waiting:
            self._waiting_since = now
        self._waiting += 1

    def stop_waiting(self, now: float) -> None:
        """Count until now, unless another request still waits."""
        self._waited_s = self.waited_s(now)
        self._waiting_since = now
        self._waiting -= 1

    def has_failed_since(self, moment: float) -> bool:
        """Whether it began at that moment or later, and failed."""
        return self.has_failed and self.began >= moment

    def log_failure(self, error: Exception) -> None:
        """Log the cause, without the exception's text: it may hold an account id."""
        cause = error.__cause__ if isinstance(error.__cause__, FAILURES) else error
        facts: dict[str, str | int | None] = {
            "operation": self.operation,
            "exception_name": type(cause).__name__,
        }
        if isinstance(error, ModelStoreError) and (refusal := error.refusal):
            facts |= {
                "status": refusal.status,
                "code": refusal.code,
                "action": refusal.action,
                "region": refusal.region,
            }
        known = {name: value for name, value in facts.items() if value is not None}
        log.warning("model load failed", extra=known)
