"""Plain data as the bytes of a file that `joblib.load` opens, and back without running code.

The bytes are read with an unpickler that resolves no class at all. No other module reads pickles.
"""

import io
import pickle
import sys
from typing import NoReturn


class BundleError(Exception):
    """Raise when bytes are not a model bundle that this program can serve."""


def dumps(content: object) -> bytes:
    """The bytes of plain data, the same for equal data.

    Raises
    ------
    BundleError
        If a value is not plain data.
    """
    import joblib  # noqa: PLC0415  # only training packs; the image has no joblib

    buffer = io.BytesIO()
    joblib.dump(_canonical(content), buffer)
    return buffer.getvalue()


def loads(data: bytes) -> object:
    """The plain data of bytes whose digest has been compared with its pin.

    Raises
    ------
    BundleError
        If the bytes are damaged, or not plain data.
    """
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
