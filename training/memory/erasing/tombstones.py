"""Tombstones, which replace the keyed ids of an erased account. Pure but for random bytes.

While an account is being erased, a mark replaces its state. No program can read the mark as a
state, so meanwhile payments of the account are recorded without histories, and move no state. The
mark holds the secret of the tombstones, by which an interrupted erasure recognises those that it
made. The secret goes with the mark; after that nobody can tell whose tombstones they are.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from secrets import token_bytes
from typing import Final

from fraud_api_lambda.records.asked import PARTNER_BYTES
from fraud_api_lambda.records.items import ERASED, STATE, Item, expiry
from fraud_api_lambda.records.keys import ID_BYTES, Keys
from fraud_api_lambda.records.seals import seal

MARK: Final = bytes(13)
"""Beginning of a mark: version 0, and a form that no state has."""


class Tombstones:
    """Makes tombstones, and knows those that it made.

    A tombstone has the form of a keyed id after `ERASED`: random bytes, which are its number as a
    partner of others, and as many that prove who made it.

    Parameters
    ----------
    secret : bytes
    """

    def __init__(self, secret: bytes) -> None:
        self.secret = secret

    @classmethod
    def of(cls, item: Item | None) -> "Tombstones | None":
        """The tombstones of the mark in an account's item; None without a mark."""
        stored = None if item is None else item.get("s")
        if not isinstance(stored, bytes) or not stored.startswith(MARK):
            return None
        return cls(stored[len(MARK) :])

    @classmethod
    def new(cls) -> "Tombstones":
        """Tombstones with a new secret."""
        return cls(token_bytes(ID_BYTES))

    def make(self) -> str:
        """A new tombstone."""
        return self._of(token_bytes(PARTNER_BYTES))

    def has_made(self, key: str) -> bool:
        """Whether a keyed id is one of these tombstones."""
        if not key.startswith(ERASED):
            return False
        drawn = urlsafe_b64decode(f"{key.removeprefix(ERASED)}==")[:PARTNER_BYTES]
        return key == self._of(drawn)

    def mark(self, key: str, now: int, keys: Keys) -> Item:
        """The mark of an account, by its keyed id; `now` in milliseconds since the epoch."""
        unsealed: dict[str, str | int | bytes] = {
            "pk": STATE + key,
            "s": MARK + self.secret,
            "x": expiry(now),
        }
        return unsealed | {"m": seal(unsealed, keys)}

    def _of(self, drawn: bytes) -> str:
        proof = hmac.digest(self.secret, drawn, "sha256")[: ID_BYTES - PARTNER_BYTES]
        return ERASED + urlsafe_b64encode(drawn + proof)[:22].decode()
