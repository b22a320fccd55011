"""Clients that were told to retry later, and retry at once."""

from collections.abc import Hashable
from time import monotonic

MOST_SECONDS = 5.0  # that a request waits


class Refusals:
    """Refused requests, by client and size: a request of another size may fit where the refused one did not.

    Receiving and parsing a large request blocks the service for other clients. A client that sends it again at once,
    and on several connections, would block it all the time. So a repeated request waits before its body is read, for as
    long as the client was told to wait.
    """

    def __init__(self) -> None:
        self._until: dict[tuple[Hashable, int], float] = {}

    def add(self, client: Hashable, size: int, seconds: float) -> None:
        """Note that a request was refused.

        Args:
            client: Who sent it.
            size: Its size in bytes.
            seconds: Time after which the client was told to retry.
        """
        now = monotonic()
        self._until = {key: until for key, until in self._until.items() if until > now}
        self._until[client, size.bit_length()] = now + seconds

    def seconds_left(self, client: Hashable, size: int) -> float:
        """Return how long a request has to wait; 0 if no request of about this size was refused."""
        left = self._until.get((client, size.bit_length()), 0.0) - monotonic()
        return min(max(left, 0.0), MOST_SECONDS)
