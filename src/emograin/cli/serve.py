"""`emograin serve`: predictions over HTTP."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ..common.devices import Device
from ..common.errors import EmograinError
from ..common.optional import import_optional
from ..service.settings import Limits, Settings
from .label_flags import LabelFlags

API_KEY = "EMOGRAIN_API_KEY"


def serve(
    *,
    model: Path | None = None,
    labels: LabelFlags | None = None,
    device: Device = "cpu",
    host: str = "127.0.0.1",
    port: int = 8000,
    api_key_file: Path | None = None,
    allowed_host: Annotated[tuple[str, ...], Parameter(show_default=False)] = (),
    limits: Annotated[Limits | None, Parameter(name="*")] = None,
) -> None:
    """Serve predictions over HTTP: POST /v1/predict, a demo page at /, API documentation at /docs.

    Texts of concurrent requests are predicted in shared batches. Requests over a limit are rejected with an error that
    states the limit. SIGTERM and Ctrl-C reject new requests and finish the accepted ones.

    Parameters
    ----------
    model
        Folder of an exported model, or a run folder. [default: the bundled model]
    device
        Device of the network: cpu, or cuda: with torch for run folders, with onnxruntime-gpu for exported models.
    host
        Address to listen on. The default is reachable from this machine only.
    port
        Port to listen on; 0: any free port, shown in the log.
    api_key_file
        File with the API key that clients must send. [default: the environment variable EMOGRAIN_API_KEY, or no key]
    allowed_host
        Name or address that requests may be sent to, as in their Host header; repeatable, '*' allows every host.
        Always allowed: --host, localhost, 127.0.0.1, [::1], and any IP address if --host is 0.0.0.0 or ::.
    """
    for module in ("fastapi", "fastapi_offline", "uvicorn", "prometheus_client"):
        import_optional(module, "serve")
    from ..service.app import create_app
    from ..service.logs import log_to_stderr
    from ..service.served_model import open_model
    from ..service.server import listen, run

    key, hosts = _api_key(api_key_file), (host, *allowed_host)
    settings = Settings(**asdict(limits or Limits()), api_key=key, allowed_hosts=hosts)
    log_to_stderr()
    chosen = labels or LabelFlags()
    app = create_app(open_model(model, chosen.read(), chosen.group, device), settings)
    run(app, listen(host, port))


def _api_key(path: Path | None) -> str | None:
    if path is None:
        return os.environ.get(API_KEY)
    try:
        return path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise EmograinError(f"cannot read the API key from {str(path)!r}: {error}") from None
