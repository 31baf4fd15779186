"""The names of the arms, in options and metrics; no library is imported to know them."""

from typing import Final

from fraud_api_lambda.features import FEATURE_SETS

LEAKY: Final = "leaky-baseline"
"""The warning arm of a report: no model is made of it."""

FEATURES: Final = (*FEATURE_SETS, LEAKY)

RESAMPLING: Final = ("smote", "smotenc", "weights", "none")
"""The arms that are compared; the first is the default."""

AUTO: Final = "auto"
"""Publish the resampling arm that beats SMOTE, if one does."""
