"""What stands in the place of an erased account's keyed ids. Pure but for random bytes.

While an account is being erased, a mark stands in the place of its state. No program can read it as
a state, so payments of the account are recorded without histories meanwhile, and move no state. The
mark has the secret of the tombstones: an erasure that was interrupted knows those that it made, and
goes on with them. With the mark the secret goes, and then nobody can tell whose they are.
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
"""The beginning of a mark: version 0, and a form of states that there is not."""


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
        """Those of the mark in an account's item; None if there is no mark."""
        stored = None if item is None else item.get("s")
        if not isinstance(stored, bytes) or not stored.startswith(MARK):
            return None
        return cls(stored[len(MARK) :])

    @classmethod
    def new(cls) -> "Tombstones":
        """Those of a new secret."""
        return cls(token_bytes(ID_BYTES))

    def make(self) -> str:
        """A tombstone that nobody has."""
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
