"""Our handler and app with a constant in place of the model: what no model could be faster than.

Asks neither S3 nor SSM, and loads no XGBoost.
"""

import os
import sys
from collections.abc import Sequence
from types import ModuleType

from fraud_api_lambda.transaction import Assessment, Decision, Transaction

APPROVED = Assessment(
    fraud_probability=0.001,
    threshold=0.5,
    is_fraud=False,
    decision=Decision.APPROVE,
    reasons=(),
)


class Constant:
    """Gives the scorer's answer without looking."""

    version = "constant"

    def assess(self, _: Transaction, *, explain: bool = False) -> Assessment:
        """The same for every transaction."""
        del explain
        return APPROVED

    def assess_many(
        self, transactions: Sequence[Transaction], *, explain: bool = False
    ) -> list[Assessment]:
        """The same for each of them."""
        del explain
        return [APPROVED] * len(transactions)


class _WithoutBooster(ModuleType):
    Scorer = Constant


# In place of the one module that loads XGBoost; and without settings, no model begins to load.
sys.modules["fraud_api_lambda.scoring"] = _WithoutBooster("fraud_api_lambda.scoring")
for name in [name for name in os.environ if name.startswith("FRAUD_")]:
    del os.environ[name]

from fraud_api_lambda.handler import app, handler, provider  # noqa: E402  # after the above
from fraud_api_lambda.model_provider import LoadedModel  # noqa: E402
from fraud_api_lambda.pointer import PinnedModel  # noqa: E402

__all__ = ["app", "handler"]

_loaded = LoadedModel(Constant(), PinnedModel("constant", "constant", 0, "constant"))  # type: ignore[arg-type]
provider.peek = lambda: _loaded  # type: ignore[method-assign]
