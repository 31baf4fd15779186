"""The state of an account as it is stored: a version of its history, in bytes. Pure."""

from typing import Final, NamedTuple

from fraud_api_lambda.history.packing import PackedStateError, pack, unpack
from fraud_api_lambda.history.state import UNKNOWN, AccountState

_BYTES: Final = 6
"""Of each of the two numbers before the state: milliseconds until the year 10889."""


class Account(NamedTuple):
    """A version of an account's state.

    Attributes
    ----------
    since : int
        When the account was first stored, in milliseconds since the epoch; it tells this life of
        the account from one before, whose items have expired.
    seq : int
        The number of events in the state.
    state : AccountState
    """

    since: int
    seq: int
    state: AccountState

    @classmethod
    def new(cls, since: int) -> "Account":
        """An account without events."""
        return cls(since, 0, UNKNOWN)

    def moved_to(self, state: AccountState) -> "Account":
        """The next version."""
        return Account(self.since, self.seq + 1, state)

    def pack(self) -> bytes:
        """The bytes of this version; those of any other are different."""
        return self.since.to_bytes(_BYTES) + self.seq.to_bytes(_BYTES) + pack(self.state)

    @classmethod
    def unpack(cls, data: bytes) -> "Account":
        """The version that `pack` wrote.

        Raises
        ------
        PackedStateError
            If it was written in another form, or the bytes are damaged.
        """
        if len(data) <= 2 * _BYTES:
            raise PackedStateError("the account ends too early")
        since, seq = int.from_bytes(data[:_BYTES]), int.from_bytes(data[_BYTES : 2 * _BYTES])
        return cls(since, seq, unpack(data[2 * _BYTES :]))
