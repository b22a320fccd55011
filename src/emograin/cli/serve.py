"""emograin serve: predictions over HTTP."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ..common.errors import EmograinError
from ..common.optional import import_optional
from ..service.settings import Limits, Settings

API_KEY = "EMOGRAIN_API_KEY"


def serve(
    *,
    model: Path | None = None,
    host: str = "127.0.0.1",
    port: int = 8000,
    api_key_file: Path | None = None,
    limits: Annotated[Limits | None, Parameter(name="*")] = None,
) -> None:
    """Serve predictions over HTTP: POST /v1/predict, a page at /, documentation at /docs.

    Requests in flight are computed together. What is beyond a limit is refused, and told the limit. SIGTERM and Ctrl-C
    refuse new requests and finish the accepted ones.

    Parameters
    ----------
    model
        An exported model, or a run folder. [default: the model that the package carries]
    host
        The address to listen on; by default only this machine reaches it.
    port
        The port; 0 takes a free one, which the log tells.
    api_key_file
        A file that holds the key which clients must send; by default that of EMOGRAIN_API_KEY, or none.
    """
    for module in ("fastapi", "fastapi_offline", "uvicorn", "prometheus_client"):
        import_optional(module, "serve")
    from ..service.app import create_app
    from ..service.served_model import open_model
    from ..service.server import listen, run

    settings = Settings(**asdict(limits or Limits()), api_key=_api_key(api_key_file))
    app = create_app(open_model(model), settings)
    run(app, listen(host, port))


def _api_key(path: Path | None) -> str | None:
    if path is None:
        return os.environ.get(API_KEY)
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise EmograinError(f"cannot read the API key of {str(path)!r}: {error}") from None
