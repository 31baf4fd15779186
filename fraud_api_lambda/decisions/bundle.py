"""The model bundle: one file of plain data with everything that determines an answer.

`joblib.load` opens it, but the runtime reads it with an unpickler that resolves no class at all: it
cannot run code, and needs neither joblib nor scikit-learn. No other module reads pickles.
"""

import hashlib
import io
import pickle
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NoReturn

from fraud_api_lambda.decisions.model_examples import Examples
from fraud_api_lambda.decisions.policy import Policy
from fraud_api_lambda.decisions.typical import Typical
from fraud_api_lambda.domain.checks import JsonObject, check_json, check_number
from fraud_api_lambda.domain.plain_schema import learned_from_dict, schema_from_dict
from fraud_api_lambda.features.plan import FEATURE_SETS, Plan
from fraud_api_lambda.model import calibration
from fraud_api_lambda.model.calibration import Calibration

FORMAT: Final = 5
VERSION_DIGITS: Final = 16


class BundleError(Exception):
    """Raise when bytes are not a model bundle that this program can serve."""


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

    @property
    def feature_set(self) -> str:
        """The name of the feature set."""
        return self.plan.feature_set

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the features, in the booster's order."""
        return self.plan.names


_TYPES: Final[dict[str, type]] = {
    "format": int,
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

    Raises
    ------
    BundleError
        If a value is not plain data, or the result could not be read back.
    """
    import joblib  # noqa: PLC0415  # only training packs; the image has no joblib

    buffer = io.BytesIO()
    joblib.dump(_canonical({"format": FORMAT, **content}), buffer)
    data = buffer.getvalue()
    read(data)
    return data


def _canonical(value: object) -> object:
    """A copy in which equal strings are one object, else pickle's bytes depend on their sharing."""
    match value:
        case None | bool() | bytes():
            return value
        case str():
            return sys.intern(str(value))
        case int():
            return int(value)
        case float():
            return float(value)
        case list() | tuple():
            return [_canonical(item) for item in value]
        case dict():
            return {sys.intern(str(key)): _canonical(item) for key, item in value.items()}
    raise BundleError(f"a bundle holds plain data only, not {type(value).__name__}")


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> NoReturn:
        raise BundleError(f"the bundle asks for {module}.{name}: a bundle holds plain data only")

    def persistent_load(self, pid: object) -> NoReturn:
        raise BundleError(f"the bundle asks for an outside object ({type(pid).__name__})")


def read(data: bytes) -> Bundle:
    """Decode a bundle whose digest has been compared with its pin.

    Raises
    ------
    BundleError
        If the bytes are not plain data, or not a bundle of this format with known features and
        values that can be served; it names the field.
    """
    content = _checked(_unpickle(data))
    plan = _plan(content)
    return Bundle(
        version=version_of(data),
        booster=content["booster"],
        plan=plan,
        calibration=_decoded(content, "calibration", calibration.from_dict),
        threshold=_decoded(content, "threshold", _share),
        policy=_decoded(content, "policy", Policy.from_dict),
        typical=_decoded(content, "typical", partial(Typical.from_dict, features=plan.names)),
        examples=_decoded(content, "examples", partial(Examples.from_dict, plan=plan)),
        trained_on=_decoded(content, "trained_on", _json),
        metrics=_decoded(content, "metrics", _json),
    )


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


def _unpickle(data: bytes) -> object:
    stream = io.BytesIO(data)
    try:
        content: object = _PlainUnpickler(stream).load()
    except BundleError:
        raise
    except Exception as error:  # damaged opcodes raise nearly anything
        raise BundleError(f"not a model bundle: {type(error).__name__} while reading it") from error
    if stream.read(1):
        raise BundleError("bytes follow the end of the bundle")
    return content


def _checked(content: object) -> dict[str, Any]:
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise BundleError(f"not a model bundle of format {FORMAT}: train with this version")
    if content.keys() != _TYPES.keys():
        differing = sorted(map(repr, content.keys() ^ _TYPES.keys()))
        raise BundleError(f"the bundle's fields differ: {', '.join(differing)}")
    for field, kind in _TYPES.items():
        if type(content[field]) is not kind:
            raise BundleError(f"the bundle's {field} is not of type {kind.__name__}")
    if not content["booster"].startswith(b"{"):
        # XGBoost ends the process on an empty buffer; the digest excludes all other damage.
        raise BundleError("the bundle's booster is not UBJSON")
    if content["feature_set"] not in FEATURE_SETS:
        raise BundleError("the bundle's feature_set is not this program's: train with this version")
    return content


def _plan(content: JsonObject) -> Plan:
    schema = _decoded(content, "schema", schema_from_dict)
    learned = _decoded(content, "learned", partial(learned_from_dict, schema=schema))
    plan = Plan(schema, learned, content["feature_set"])
    if content["features"] != list(plan.names):
        raise BundleError("the bundle's features are not this program's: train with this version")
    return plan
