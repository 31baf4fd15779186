"""Our handler and app with a constant in place of the model: a lower bound on latency.

Calls neither S3 nor SSM, and does not load XGBoost.
"""

import os
import sys
from collections.abc import Sequence
from types import ModuleType, SimpleNamespace

from fraud_api_lambda.domain.assessment import Assessment, Decision
from fraud_api_lambda.domain.learned import Learned
from fraud_api_lambda.domain.payment import Payment
from fraud_api_lambda.domain.schema import Attribute, Ids, Kind, Roles, Schema, Time, Unit
from fraud_api_lambda.features.plan import Plan

TYPES = ("CASH_IN", "CASH_OUT", "DEBIT", "PAYMENT", "TRANSFER")
PAYSIM = Schema(
    "paysim",
    Roles(
        Time("step", Unit.HOUR, 1),
        amount="amount",
        label="isFraud",
        payer="nameOrig",
        payee="nameDest",
        balance="oldbalanceOrg",
        payee_balance="oldbalanceDest",
        after=("newbalanceOrig", "newbalanceDest"),
    ),
    attributes={
        "type": Attribute("type", Kind.CATEGORY, ("type",), levels=TYPES),
        "payee_is_merchant": Attribute("payee_is_merchant", Kind.FLAG, ("nameDest",), prefix="M"),
    },
    ids=Ids.CODE,
)
"""The columns of the benchmark's requests; the image has no TOML files to read them from."""

APPROVED = Assessment(
    fraud_probability=0.001,
    threshold=0.5,
    is_fraud=False,
    decision=Decision.APPROVE,
    reasons=(),
)


class Constant:
    """A scorer that gives the same answer for every transaction."""

    version = "constant"
    bundle = SimpleNamespace(
        version=version, plan=Plan(PAYSIM, Learned(levels={"type": TYPES}), "decision-time")
    )

    def assess(self, _: Payment, *, explain: bool = False) -> Assessment:
        """The same assessment for every transaction."""
        del explain
        return APPROVED

    def assess_many(
        self, payments: Sequence[Payment], *, explain: bool = False
    ) -> list[Assessment]:
        """The same assessment for each of the payments."""
        del explain
        return [APPROVED] * len(payments)


class _WithoutBooster(ModuleType):
    Scorer = Constant


# Replaces the only module that loads XGBoost. Without settings, no model starts to load.
sys.modules["fraud_api_lambda.decisions.scorer"] = _WithoutBooster(
    "fraud_api_lambda.decisions.scorer"
)
for name in [name for name in os.environ if name.startswith("FRAUD_")]:
    del os.environ[name]

from fraud_api_lambda.deployment.loaded_model import LoadedModel  # noqa: E402
from fraud_api_lambda.deployment.pointer import PinnedModel  # noqa: E402
from fraud_api_lambda.handler import app, handler, provider  # noqa: E402  # after the above

__all__ = ["app", "handler"]

_loaded = LoadedModel(Constant(), PinnedModel("constant", "constant", 0, "constant"))  # type: ignore[arg-type]
provider.peek = lambda: _loaded  # type: ignore[method-assign]
