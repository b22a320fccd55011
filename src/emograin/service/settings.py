"""The service's limits: each is said in the error of who runs into it."""

from dataclasses import dataclass, field, fields

from ..common.errors import EmograinError


@dataclass(frozen=True)
class Limits:
    """How much the service takes on.

    Parameters
    ----------
    batch_texts
        Texts that go through the model at once, taken from the requests in turn.
    queue_texts
        Texts that wait for the model, over all requests.
    request_texts
        Texts of one request.
    text_characters
        Characters of one text.
    body_bytes
        Bytes of one request.
    held_bytes
        Bytes of all requests in flight.
    body_seconds
        How long a client may take to send a request.
    drain_seconds
        How long a stopping service goes on with what it accepted.

    Raises
    ------
    EmograinError
        A limit is below 1, or a request at its limit would never fit.
    """

    batch_texts: int = 32
    queue_texts: int = 4096
    request_texts: int = 1000
    text_characters: int = 5000
    body_bytes: int = 2 * 1024**2
    held_bytes: int = 64 * 1024**2
    body_seconds: int = 10
    drain_seconds: int = 30

    def __post_init__(self) -> None:
        for each in fields(Limits):
            if (value := getattr(self, each.name)) < 1:
                raise EmograinError(f"{each.name} must be at least 1, got {value}")
        for part, whole in [("request_texts", "queue_texts"), ("body_bytes", "held_bytes")]:
            if getattr(self, part) > getattr(self, whole):
                raise EmograinError(
                    f"{whole} must be at least {part}, got {getattr(self, whole)} and {getattr(self, part)}",
                    "or the largest request never fits",
                )

    def told(self) -> dict[str, int]:
        """The limits that GET /v1/model tells, by name."""
        return {
            "texts": self.request_texts,
            "characters": self.text_characters,
            "body_bytes": self.body_bytes,
            "queue_texts": self.queue_texts,
        }


@dataclass(frozen=True)
class Settings(Limits):
    """The limits, and who may come in.

    Attributes:
        api_key: What clients must send; None lets everyone in.

    Raises:
        EmograinError: The key is empty, or no text that a header can carry; or a limit is wrong.
    """

    api_key: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.api_key is not None and not (self.api_key.strip() and self.api_key.isascii()):
            raise EmograinError("the API key must be ASCII, and not empty", "leave it out to serve without one")
