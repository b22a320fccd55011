"""A fair queue of requests: clients share the model equally, and so do the requests of one client."""

from collections.abc import Hashable
from heapq import heappop, heappush
from itertools import count
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """Members in turn, by weighted fair queueing (Demers, Keshav and Shenker 1989) with equal weights.

    Each turn has a cost, and over time each member gets the same sum of costs. A member that arrives waits for about
    its own cost, independent of the costs of the others: a cheap one is served before expensive ones, and cheap ones
    cannot starve an expensive one.

    >>> turns = Turns()
    >>> turns.add("long", 10); turns.add("short", 1)
    >>> turns.first
    'short'
    """

    def __init__(self) -> None:
        self.clock = 0.0  # sum of the costs that a member would have got by now, had all been served at the same time
        self._heap: list[tuple[float, int, T]] = []  # (clock at the end of its turn, order of arrival, member)
        self._arrivals = count()

    def __len__(self) -> int:
        """Return the number of members."""
        return len(self._heap)

    @property
    def first(self) -> T:
        """The member whose turn it is."""
        return self._heap[0][2]

    def add(self, member: T, cost: float) -> None:
        """Add a member whose first turn has this cost."""
        heappush(self._heap, (self.clock + cost, next(self._arrivals), member))

    def drop(self) -> None:
        """Remove the first member without its turn."""
        heappop(self._heap)

    def serve(self, cost: float, following: float | None) -> None:
        """Serve the first member.

        Args:
            cost: Cost of its turn.
            following: Cost of its following turn; None: it leaves.
        """
        self.clock += cost / len(self._heap)
        end, _, member = heappop(self._heap)
        if following is not None:
            heappush(self._heap, (max(self.clock, end) + following, next(self._arrivals), member))


class Request(Protocol):
    """A request with texts that wait.

    Attributes:
        client: Who sent it.
        waiting: Number of its texts that wait; 0 once it is cancelled.
    """

    client: Hashable
    waiting: int

    @property
    def next_cost(self) -> float:
        """Cost of its next text."""

    def take(self) -> None:
        """Take its next text."""


R = TypeVar("R", bound=Request)


class FairQueue(Generic[R]):
    """Requests by client. A client is in `_clients` while it has requests in `_requests`."""

    def __init__(self) -> None:
        self._clients: Turns[Hashable] = Turns()
        self._requests: dict[Hashable, Turns[R]] = {}

    def add(self, request: R) -> None:
        """Add a request with at least one text."""
        if request.client not in self._requests:
            self._requests[request.client] = Turns()
            self._clients.add(request.client, request.next_cost)
        self._requests[request.client].add(request, request.next_cost)

    def peek(self) -> R | None:
        """Return the request whose text is next, or None. Cancelled requests are dropped here."""
        while self._clients:
            client = self._clients.first
            self._drop_cancelled(client)
            if requests := self._requests[client]:
                return requests.first
            self._clients.drop()
            del self._requests[client]
        return None

    def take(self) -> None:
        """Take the next text of the request that `peek` returned."""
        client = self._clients.first
        requests = self._requests[client]
        request, cost = requests.first, requests.first.next_cost
        request.take()
        requests.serve(cost, request.next_cost if request.waiting else None)
        self._drop_cancelled(client)
        self._clients.serve(cost, requests.first.next_cost if requests else None)
        if not requests:
            del self._requests[client]

    def _drop_cancelled(self, client: Hashable) -> None:
        requests = self._requests[client]
        while requests and not requests.first.waiting:
            requests.drop()
