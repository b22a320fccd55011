"""What the service answers when it does not predict: one shape of error, for every cause."""

from collections.abc import Mapping

from starlette.responses import JSONResponse


class Refusal(Exception):
    """A request that is not done. Its message says which limit it ran into, and never repeats what was sent.

    Args:
        status: HTTP status.
        code: What programs tell it by.
        message: What people read.
        headers: Of the answer.
    """

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None):
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers

    def response(self) -> JSONResponse:
        """The answer: {"error": {"code", "message"}}."""
        content = {"error": {"code": self.code, "message": self.message}}
        return JSONResponse(content, self.status, headers=self.headers)


def closing() -> Refusal:
    """The service is stopping."""
    return Refusal(503, "shutting_down", "the service is stopping; ask another one", {"Retry-After": "5"})
