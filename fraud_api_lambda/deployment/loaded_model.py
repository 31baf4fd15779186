"""A loaded model, and the limitations of its answers."""

from dataclasses import dataclass
from typing import Final

from fraud_api_lambda.decisions.bundle import Bundle
from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.deployment.pointer import PinnedModel

STALE_MODEL: Final = "stale_model"
NO_HISTORY: Final = "no_history"


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A loaded model.

    Attributes
    ----------
    scorer : Scorer
    pinned : PinnedModel
    second : Scorer or None
        Answers where the histories that `scorer` needs are not known.
    limits : tuple of str
        Limitations of all its answers.
    is_stale : bool
        Whether a newer one may have been promoted.
    """

    scorer: Scorer
    pinned: PinnedModel
    limits: tuple[str, ...] = ()
    is_stale: bool = False
    second: Scorer | None = None

    @property
    def degraded(self) -> tuple[str, ...]:
        """The limitations of its answers now."""
        return self.limits + self.temporary

    @property
    def temporary(self) -> tuple[str, ...]:
        """The limitations that should pass, and that somebody is alarmed of if they do not."""
        return (STALE_MODEL,) if self.is_stale else ()

    @property
    def version(self) -> str:
        """The bundle's version."""
        return self.scorer.version

    @classmethod
    def of(cls, bundle: Bundle, pinned: PinnedModel, *, has_memory: bool = False) -> "LoadedModel":
        """The model of a bundle that answers: the second one if no histories are known.

        Raises
        ------
        BundleError
            If it cannot be served.
        """
        second = None
        if bundle.without_history is not None:
            second = Scorer.from_bundle(bundle.without_history)
        if has_memory:
            return cls(Scorer.from_bundle(bundle), pinned, second=second)
        if second is not None:
            return cls(second, pinned, (NO_HISTORY,))
        return cls(Scorer.from_bundle(bundle), pinned)
