"""XGBoost's library through its C API, limited to the calls that a prediction needs.

The `xgboost` package imports NumPy and SciPy (180 MB), which takes 0.4 s. For one row, its Python
code then takes longer than the library takes for the trees.
"""

import ctypes
import sys
from array import array
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Final

TESTED: Final = (3, 4, 1)
"""The release that CI compares with `xgboost.Booster`, bit for bit."""

_MARGIN: Final = (
    b'{"type":1,"training":false,"iteration_begin":0,"iteration_end":0,"missing":NaN,'
    b'"strict_shape":false,"cache_id":0}'
)
_CONTRIBUTIONS: Final = (
    b'{"type": 2, "training": false, "iteration_begin": 0, "iteration_end": 0,'
    b' "strict_shape": false}'
)
_DENSE: Final = b'{"missing": NaN, "nthread": 1}'
_ROWS: Final = b'{"data":[%d,true],"shape":[%d,%d],"typestr":"<f4","version":3}'

_handle = ctypes.c_void_p
_shape = ctypes.POINTER(ctypes.c_uint64)
_floats = ctypes.POINTER(ctypes.c_float)
_out = ctypes.POINTER

_SIGNATURES: Final[dict[str, tuple[type, ...]]] = {
    "XGBoosterCreate": (_out(_handle), ctypes.c_uint64, _out(_handle)),
    "XGBoosterFree": (_handle,),
    "XGBoosterSetParam": (_handle, ctypes.c_char_p, ctypes.c_char_p),
    "XGBoosterLoadModelFromBuffer": (_handle, ctypes.c_char_p, ctypes.c_uint64),
    "XGBoosterGetNumFeature": (_handle, _out(ctypes.c_uint64)),
    "XGBoosterPredictFromDense": (
        *(_handle, ctypes.c_char_p, ctypes.c_char_p, _handle),
        *(_out(_shape), _out(ctypes.c_uint64), _out(_floats)),
    ),
    "XGProxyDMatrixCreate": (_out(_handle),),
    "XGDMatrixCreateFromDense": (ctypes.c_char_p, ctypes.c_char_p, _out(_handle)),
    "XGDMatrixFree": (_handle,),
    "XGBoosterPredictFromDMatrix": (
        *(_handle, _handle, ctypes.c_char_p),
        *(_out(_shape), _out(ctypes.c_uint64), _out(_floats)),
    ),
}
"""Argument types from xgboost/c_api.h; each function returns 0 or an error code."""


class BoosterError(Exception):
    """Raise when the library is missing or untested, or refuses its input."""


class Booster:
    """A fitted booster that predicts.

    Parameters
    ----------
    model : bytes
        XGBoost's UBJSON. Compare its digest before: the library can end the process on damaged
        bytes.
    threads : int
        Threads of a prediction; 0 uses all cores. One row is fastest with one thread.

    Raises
    ------
    BoosterError
        If the library cannot be used or cannot read the model.
    """

    def __init__(self, model: bytes, *, threads: int = 1) -> None:
        self._library = library()
        self._handle = _handle()
        _check(self._library.XGBoosterCreate(None, 0, self._handle))
        _check(self._library.XGBoosterSetParam(self._handle, b"nthread", b"%d" % threads))
        _check(self._library.XGBoosterLoadModelFromBuffer(self._handle, model, len(model)))
        # One matrix for all predictions: a new one queries the number of CPUs every time.
        self._matrix = _handle()
        _check(self._library.XGProxyDMatrixCreate(self._matrix))
        self._lock = Lock()
        n_features = ctypes.c_uint64()
        _check(self._library.XGBoosterGetNumFeature(self._handle, n_features))
        self.n_features = n_features.value

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            self._library.XGBoosterFree(self._handle)
        if getattr(self, "_matrix", None):
            self._library.XGDMatrixFree(self._matrix)

    def margins(self, rows: "array[float]") -> list[float]:
        """The log-odds of rows, shape (n_rows,).

        Parameters
        ----------
        rows : array of float32 of length n_rows * n_features
            Row after row, as `rows_of` makes it.
        """
        if not rows:
            return []
        described, n_rows = self._described(rows)
        shape, dimensions, values = _shape(), ctypes.c_uint64(), _floats()
        with self._lock:  # two threads would share the one matrix
            _check(
                self._library.XGBoosterPredictFromDense(
                    self._handle, described, _MARGIN, self._matrix, shape, dimensions, values
                )
            )
        return values[:n_rows]  # a copy; the library owns `values`, in memory of this thread

    def contributions(self, rows: "array[float]") -> list[list[float]]:
        """Each row's contributions to the log-odds by exact TreeSHAP, the base value last.

        References
        ----------
        S. Lundberg et al.: From local explanations to global understanding with explainable AI for
        trees, Nature Machine Intelligence 2020.
        """
        if not rows:
            return []
        described, n_rows = self._described(rows)
        matrix = _handle()
        _check(self._library.XGDMatrixCreateFromDense(described, _DENSE, matrix))
        try:
            shape, dimensions, values = _shape(), ctypes.c_uint64(), _floats()
            _check(
                self._library.XGBoosterPredictFromDMatrix(
                    self._handle, matrix, _CONTRIBUTIONS, shape, dimensions, values
                )
            )
            width = self.n_features + 1
            return [values[start : start + width] for start in range(0, n_rows * width, width)]
        finally:
            self._library.XGDMatrixFree(matrix)

    def _described(self, rows: "array[float]") -> tuple[bytes, int]:
        """The rows as NumPy's array interface, and their number."""
        address, length = rows.buffer_info()
        n_rows, rest = divmod(length, self.n_features)
        if rest:
            raise BoosterError(f"{length} values are not rows of {self.n_features} features")
        return _ROWS % (address, n_rows, self.n_features), n_rows


def rows_of(values: Iterable[Sequence[float]]) -> "array[float]":
    """Rows of features as the booster takes them, each value rounded to float32."""
    return array("f", [value for row in values for value in row])


@cache
def library() -> ctypes.CDLL:
    """XGBoost's library, loaded without importing the package that contains it.

    Raises
    ------
    BoosterError
        If it is not installed, or is another release than the tested one.
    """
    package = find_spec("xgboost")
    if package is None or not package.submodule_search_locations:
        raise BoosterError("xgboost is not installed; see requirements.txt")
    name = "libxgboost.dylib" if sys.platform == "darwin" else "libxgboost.so"
    try:
        loaded = ctypes.CDLL(str(Path(package.submodule_search_locations[0], "lib", name)))
    except OSError as error:
        raise BoosterError(f"xgboost's {name} cannot be loaded: {error}") from error
    _refuse_untested(loaded)
    loaded.XGBGetLastError.restype = ctypes.c_char_p
    for function, arguments in _SIGNATURES.items():
        getattr(loaded, function).argtypes = arguments
    return loaded


def _refuse_untested(loaded: ctypes.CDLL) -> None:
    parts = (ctypes.c_int(), ctypes.c_int(), ctypes.c_int())
    loaded.XGBoostVersion(*map(ctypes.byref, parts))
    version = tuple(part.value for part in parts)
    if version != TESTED:
        raise BoosterError(
            f"xgboost {_dotted(version)} was not tested with these calls, {_dotted(TESTED)} was: "
            "install requirements.txt, or change TESTED and run tests/unit/model/test_booster.py"
        )


def _dotted(version: Iterable[int]) -> str:
    return ".".join(map(str, version))


def _check(status: int) -> None:
    if status != 0:
        raise BoosterError(library().XGBGetLastError().decode(errors="replace").splitlines()[0])
