"""The error response of the service."""

from collections.abc import Mapping

from starlette.responses import JSONResponse


class ServiceError(Exception):
    """An error that is sent to the client. The message states the limit, if any, and never repeats the request.

    Args:
        status: HTTP status.
        code: Error code for programs.
        message: Error message for people.
        headers: Response headers.
    """

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None):
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers

    def response(self) -> JSONResponse:
        """Return the response: {"error": {"code", "message"}}."""
        content = {"error": {"code": self.code, "message": self.message}}
        return JSONResponse(content, self.status, headers=self.headers)


def shutting_down() -> ServiceError:
    """Return the error for requests to a service that is stopping."""
    return ServiceError(503, "shutting_down", "the service is shutting down; retry later", {"Retry-After": "5"})
