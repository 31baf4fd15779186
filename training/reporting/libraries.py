"""The libraries that a model's bytes depend on."""

from importlib.metadata import version as installed
from typing import Final

import xgboost as xgb

LIBRARIES: Final = ("imbalanced-learn", "numpy", "scikit-learn")


def libraries() -> dict[str, str]:
    """Return the installed versions by name."""
    return {name: installed(name) for name in LIBRARIES} | {"xgboost": xgb.__version__}
