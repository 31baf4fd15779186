"""Names of feature sets, resampling methods and schemas, in a module that imports no library."""

from typing import Final

from fraud_api_lambda.features.plan import FEATURE_SETS

LEAKY: Final = "leaky-baseline"
"""A feature set that leaks the label. A run reports its metrics and builds no model of it."""

FEATURES: Final = (*FEATURE_SETS, LEAKY)

RESAMPLING: Final = ("smote", "smotenc", "weights", "none")
"""The methods that a run compares; the first is the default."""

AUTO: Final = "auto"
"""Publish the method that beats SMOTE, if one does."""

BUILT_IN: Final = ("paysim", "cards")
"""The built-in schemas; the first is the default."""
