"""The model bundle: one file of plain data with everything that determines an answer.

`joblib.load` opens it; the runtime reads it by `plain_pickle`, which cannot run code, and needs
neither joblib nor scikit-learn.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from fraud_api_lambda.decisions.model_examples import Examples
from fraud_api_lambda.decisions.plain_pickle import BundleError, dumps, loads
from fraud_api_lambda.decisions.policy import Policy
from fraud_api_lambda.decisions.typical import Typical
from fraud_api_lambda.domain.checks import JsonObject, check_json, check_number
from fraud_api_lambda.domain.plain_schema import learned_from_dict, schema_from_dict
from fraud_api_lambda.features.plan import FEATURE_SETS, Plan
from fraud_api_lambda.model import calibration
from fraud_api_lambda.model.calibration import Calibration

FORMAT: Final = 6
VERSION_DIGITS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A decoded bundle.

    Attributes
    ----------
    version : str
        First 16 hex digits of the sha256 of the bundle's bytes.
    booster : bytes
        XGBoost's own UBJSON.
    plan : Plan
        The features, in the booster's order, and the columns that they are made of.
    calibration : Calibration
        From log-odds to probability.
    threshold : float
        Fraud at or above this calibrated probability.
    policy : Policy
        Costs of decisions.
    typical : Typical
        Medians of genuine payments for each feature, by type.
    examples : Examples
        A payment that this model stops and one that it approves, with its answers.
    trained_on, metrics : dict
        Training data, and metrics on later data; served by ``GET /model``.
    without_history : Bundle or None
        Of a model with account histories: a second model, which answers where they are not known.
    reference : bytes or None
        How payments looked in training. Only ``fraud watch`` decodes it; None in older bundles.
    """

    version: str
    booster: bytes
    plan: Plan
    calibration: Calibration
    threshold: float
    policy: Policy
    typical: Typical
    examples: Examples
    trained_on: JsonObject
    metrics: JsonObject
    without_history: "Bundle | None"
    reference: bytes | None

    @property
    def feature_set(self) -> str:
        """The name of the feature set."""
        return self.plan.feature_set

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the features, in the booster's order."""
        return self.plan.names


SECOND: Final = "without_history"
REFERENCE: Final = "reference"

_TYPES: Final[dict[str, type]] = {
    "booster": bytes,
    "schema": dict,
    "learned": dict,
    "feature_set": str,
    "features": list,
    "calibration": dict,
    "threshold": float,
    "policy": dict,
    "typical": dict,
    "examples": dict,
    "trained_on": dict,
    "metrics": dict,
}


def version_of(data: bytes) -> str:
    """The version of a bundle: the first 16 hex digits of its sha256."""
    return hashlib.sha256(data).hexdigest()[:VERSION_DIGITS]


def pack(content: Mapping[str, object]) -> bytes:
    """The bytes of `model.joblib` for a bundle's content, the same for equal content.

    Parameters
    ----------
    content : dict
        The fields of `Bundle` but `version`, as plain data: dict, list, tuple, str, bytes, numbers.
        Without `without_history`, there is no second model. `reference` may be left out.

    Raises
    ------
    BundleError
        If a value is not plain data, or the result could not be read back.
    """
    data = dumps({"format": FORMAT, SECOND: None, **content})
    read(data)
    return data


def read(data: bytes) -> Bundle:
    """Decode a bundle whose digest has been compared with its pin.

    Raises
    ------
    BundleError
        If the bytes are not plain data, or not a bundle of this format with known features and
        values that can be served; it names the field.
    """
    content = loads(data)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise BundleError(f"not a model bundle of format {FORMAT}: train with this version")
    fields = {name: content[name] for name in content if name != "format"}
    bundle = _bundle(fields, version_of(data))
    if bundle.without_history is not None and not bundle.plan.needs_histories:
        raise BundleError(f"the bundle has {SECOND}, but its model needs no histories")
    return bundle


def _bundle(content: dict[str, Any], version: str) -> Bundle:
    """The bundle of a model; the second model of a bundle has the same version."""
    second = content.get(SECOND)
    _check(content)
    plan = _plan(content)
    return Bundle(
        version=version,
        booster=content["booster"],
        plan=plan,
        calibration=_decoded(content, "calibration", calibration.from_dict),
        threshold=_decoded(content, "threshold", _share),
        policy=_decoded(content, "policy", Policy.from_dict),
        typical=_decoded(content, "typical", partial(Typical.from_dict, features=plan.names)),
        examples=_decoded(content, "examples", partial(Examples.from_dict, plan=plan)),
        trained_on=_decoded(content, "trained_on", _json),
        metrics=_decoded(content, "metrics", _json),
        without_history=None if second is None else _second(second, version, plan),
        reference=content.get(REFERENCE),
    )


def _second(content: dict[str, Any], version: str, plan: Plan) -> Bundle:
    try:
        bundle = _bundle(content, version)
    except BundleError as error:
        raise BundleError(f"{SECOND}: {error}") from error
    if bundle.plan.schema != plan.schema or bundle.plan.needs_histories or bundle.without_history:
        raise BundleError(f"{SECOND}: not a single model without histories, of the same schema")
    return bundle


def _decoded[T](content: JsonObject, field: str, decode: Callable[[Any], T]) -> T:
    try:
        return decode(content[field])
    except ValueError as error:
        raise BundleError(f"the bundle's {field}: {error}") from error


def _share(value: object) -> float:
    return check_number("it", value, 0.0, 1.0)


def _json(value: JsonObject) -> JsonObject:
    check_json("it", value)
    return value


def _check(content: dict[str, Any]) -> None:
    if content.keys() - {REFERENCE} != {*_TYPES, SECOND}:
        differing = sorted(map(repr, (content.keys() - {REFERENCE}) ^ {*_TYPES, SECOND}))
        raise BundleError(f"the bundle's fields differ: {', '.join(differing)}")
    if type(content[SECOND]) not in {dict, type(None)}:
        raise BundleError(f"the bundle's {SECOND} is not of type dict")
    if type(content.get(REFERENCE)) not in {bytes, type(None)}:
        raise BundleError(f"the bundle's {REFERENCE} is not of type bytes")
    for field, kind in _TYPES.items():
        if type(content[field]) is not kind:
            raise BundleError(f"the bundle's {field} is not of type {kind.__name__}")
    if not content["booster"].startswith(b"{"):
        # XGBoost ends the process on an empty buffer; the digest excludes all other damage.
        raise BundleError("the bundle's booster is not UBJSON")
    if content["feature_set"] not in FEATURE_SETS:
        raise BundleError("the bundle's feature_set is not this program's: train with this version")


def _plan(content: JsonObject) -> Plan:
    schema = _decoded(content, "schema", schema_from_dict)
    learned = _decoded(content, "learned", partial(learned_from_dict, schema=schema))
    plan = Plan(schema, learned, content["feature_set"])
    if content["features"] != list(plan.names):
        raise BundleError("the bundle's features are not this program's: train with this version")
    if plan.needs_histories and content[SECOND] is None:
        raise BundleError(f"the bundle has no {SECOND}, which a model with histories needs")
    return plan
