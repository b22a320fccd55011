"""Settings of the service. An error that a limit causes states the limit."""

from dataclasses import dataclass, field, fields

from ..common.errors import EmograinError
from .allowed_hosts import AllowedHosts

HIGHEST = 2**40  # beyond any real limit; JSON schemas and timeouts take no number of any size


@dataclass(frozen=True)
class Limits:
    """Limits of the service.

    Parameters
    ----------
    batch_texts
        Maximum number of texts per batch.
    batch_tokens
        Maximum size of a batch of several texts, in tokens, estimated from their characters, explaining counted more; a
        third of it for texts of long requests.
    queue_texts
        Maximum number of texts in the queue, over all requests.
    request_texts
        Maximum number of texts per request.
    text_characters
        Maximum number of characters per text.
    body_bytes
        Maximum size of a request body, in bytes.
    held_bytes
        Maximum size of all requests in flight, in bytes.
    connections
        Maximum number of open connections; fewer if the process may not open that many files.
    header_seconds
        Maximum time for a client to send the header of a request, in seconds.
    body_seconds
        Maximum time for a client to send the body of a request, or to read nothing of a response, in seconds.
    drain_seconds
        Maximum time to finish accepted requests at shutdown, in seconds.

    Raises
    ------
    EmograinError
        A limit is below 1 or above `HIGHEST`, or the largest request would not fit in the queue or in memory.
    """

    batch_texts: int = 32
    batch_tokens: int = 384
    queue_texts: int = 4096
    request_texts: int = 1000
    text_characters: int = 5000
    body_bytes: int = 2 * 1024**2
    held_bytes: int = 64 * 1024**2
    connections: int = 1000
    header_seconds: int = 10
    body_seconds: int = 10
    drain_seconds: int = 30

    def __post_init__(self) -> None:
        for limit in fields(Limits):
            if not 1 <= (value := getattr(self, limit.name)) <= HIGHEST:
                raise EmograinError(f"{limit.name} must be from 1 to {HIGHEST}, got {value}")
        for part, whole in [("request_texts", "queue_texts"), ("body_bytes", "held_bytes")]:
            if getattr(self, part) > getattr(self, whole):
                raise EmograinError(
                    f"{whole} must be at least {part}, got {getattr(self, whole)} and {getattr(self, part)}",
                    "otherwise the largest request never fits",
                )

    def public(self) -> dict[str, int]:
        """Return the limits that GET /v1/model shows."""
        return {
            "texts": self.request_texts,
            "characters": self.text_characters,
            "body_bytes": self.body_bytes,
            "queue_texts": self.queue_texts,
        }


@dataclass(frozen=True)
class Settings(Limits):
    """Limits and authentication.

    Attributes:
        api_key: Key that clients must send; None: no authentication.
        allowed_hosts: Hosts that requests may be addressed to, besides this machine (see `AllowedHosts`).

    Raises:
        EmograinError: The key is empty, not ASCII or not one line, a host is not valid, or a limit is invalid.
    """

    api_key: str | None = field(default=None, repr=False)
    allowed_hosts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.api_key is not None and not (self.api_key.strip() and self.api_key.isascii()):
            raise EmograinError("the API key must be ASCII and not empty", "omit it to serve without a key")
        if self.api_key is not None and not (self.api_key.isprintable() and self.api_key == self.api_key.strip()):
            raise EmograinError(
                "the API key must be one line without white space around it, or no client can send it",
                "put one key, and nothing else, into the file",
            )
        AllowedHosts(self.allowed_hosts)  # checks them
