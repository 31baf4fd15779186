"""Keyed ids and seals: HMAC-SHA256 under the secret of an environment. Pure.

Without the secret, nobody can seal an item, or find the account of a keyed id by trying them all.

References
----------
RFC 2104 (HMAC); RFC 9562, section 5.8 (UUID version 8).
"""

import hmac
import logging
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable
from secrets import token_bytes
from typing import Final

ID_BYTES: Final = 16
LEAST_SECRET: Final = 16

log = logging.getLogger(__name__)


class Keys:
    """Makes keyed ids and seals.

    Parameters
    ----------
    secret : bytes
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def of_text(cls, text: str) -> "Keys":
        """The keys of a parameter's value: a secret in base64.

        Raises
        ------
        ValueError
            If it is no base64, or shorter than `LEAST_SECRET` bytes.
        """
        secret = b64decode(text.strip(), validate=True)
        if len(secret) < LEAST_SECRET:
            raise ValueError("the secret is too short")
        return cls(secret)

    def keyed(self, kind: str, text: str) -> bytes:
        """The keyed id of a text, `ID_BYTES` long; ids of different kinds have nothing in common.

        Parameters
        ----------
        kind : str
            Without a NUL.
        text : str
        """
        return self._digest(f"{kind}\0{text}".encode())

    def account(self, kind: str, account_id: str) -> str:
        """The keyed id of an account, in 22 characters of base64url."""
        return urlsafe_b64encode(self.keyed(kind, account_id))[:22].decode()

    def prediction(self, transaction_id: str | None) -> str:
        """The id of a prediction: the same for the same transaction; random if it has no id."""
        if transaction_id is None:
            return uuid8(token_bytes(ID_BYTES))
        return uuid8(self.keyed("prediction", transaction_id))

    def seal(self, kind: str, parts: Iterable[bytes]) -> bytes:
        """The seal of an item that consists of these parts, in this order."""
        sized = b"".join(b"%d:%s" % (len(part), part) for part in parts)
        return self._digest(f"seal {kind}\0".encode() + sized)

    def _digest(self, content: bytes) -> bytes:
        return hmac.digest(self._secret, content, "sha256")[:ID_BYTES]


class SecretKeys:
    """The keys of a secret that is read later.

    Parameters
    ----------
    read : callable
        Returns the parameter's value; None if there is none yet.
    """

    def __init__(self, read: Callable[[], str | None]) -> None:
        self._read = read
        self._text: str | None = None
        self._keys: Keys | None = None

    def __call__(self) -> Keys | None:
        """The keys; None without a usable secret."""
        text = self._read()
        if text is not None and text != self._text:
            try:
                self._keys = Keys.of_text(text)
            except ValueError:
                log.error("the secret cannot be used")  # noqa: TRY400  # it must not be logged
            self._text = text
        return self._keys


def uuid8(drawn: bytes) -> str:
    """A UUID of version 8 with 122 of the 128 bits of some bytes."""
    digits = drawn.hex()
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
