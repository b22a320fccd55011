"""The HTML pages, each with a Content-Security-Policy: nothing is loaded from other hosts."""

import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, Response

FOLDER = Path(__file__).with_name("page")
PAGE = FOLDER / "index.html"
KINDS = {".js": "text/javascript", ".css": "text/css"}
SWAGGER_FILES = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
DENY_REST = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PAGE_POLICY = (
    f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; {DENY_REST}; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


def add_pages(app: FastAPI) -> None:
    """Add the demo page at / and the API documentation at /docs."""
    _add_page(app, "/", PAGE.read_text(encoding="utf-8"), PAGE_POLICY)
    for file in sorted(FOLDER.iterdir()):
        if file.suffix in KINDS:
            _add_file(app, f"/page/{file.name}", file, KINDS[file.suffix])
    viewer = get_swagger_ui_html(
        title=f"{app.title}: documentation",
        openapi_url="openapi.json",  # relative, so that it works under any path prefix
        swagger_js_url="docs/swagger-ui-bundle.js",
        swagger_css_url="docs/swagger-ui.css",
        swagger_favicon_url="data:,",
    )
    documentation = bytes(viewer.body).decode()
    _add_page(app, "/docs", documentation, build_documentation_policy(documentation))
    for name, kind in SWAGGER_FILES.items():
        _add_file(app, f"/docs/{name}", Path(str(files("fastapi_offline") / "static" / name)), kind)


def build_documentation_policy(page: str) -> str:
    """Return a Content-Security-Policy for Swagger UI, which creates styles and markup at run time."""
    return (
        f"default-src 'none'; script-src 'self' {_hashes(page, 'script')}; style-src 'self' 'unsafe-inline'; "
        f"connect-src 'self'; img-src 'self' data:; {DENY_REST}"
    )


def _hashes(page: str, tag: str) -> str:
    """Return the hashes of a page's inline scripts, as in a policy."""
    bodies = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
    return " ".join(f"'sha256-{b64encode(sha256(body.encode()).digest()).decode()}'" for body in bodies)


def _headers(policy: str | None = None) -> Mapping[str, str]:
    # no-cache: a browser asks each time, so that it never runs modules of two versions.
    return {
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache",
        **({"Content-Security-Policy": policy} if policy else {}),
    }


def _add_page(app: FastAPI, path: str, page: str, policy: str) -> None:
    content = page.encode()

    @app.get(path, include_in_schema=False)
    async def serve_page() -> Response:
        return Response(content, media_type="text/html", headers=_headers(policy))


def _add_file(app: FastAPI, path: str, file: Path, kind: str) -> None:
    @app.get(path, include_in_schema=False)
    async def serve_file() -> Response:
        return FileResponse(file, media_type=kind, headers=_headers())
