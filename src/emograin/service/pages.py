"""The pages for browsers, each with the policy it is sent with: nothing is loaded from another address."""

import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, Response

PAGE = Path(__file__).with_name("demo.html")
VIEWER = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}  # files of Swagger UI
NOTHING_ELSE = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def add_pages(app: FastAPI) -> None:
    """The page to try it at /, the documentation at /docs."""
    page = PAGE.read_text(encoding="utf-8")
    _add(app, "/", page, page_policy(page))
    viewer = get_swagger_ui_html(
        title=f"{app.title}: documentation",
        openapi_url="openapi.json",  # relative: behind any prefix
        swagger_js_url="docs/swagger-ui-bundle.js",
        swagger_css_url="docs/swagger-ui.css",
        swagger_favicon_url="data:,",
    )
    documentation = bytes(viewer.body).decode()
    _add(app, "/docs", documentation, documentation_policy(documentation))
    for name, kind in VIEWER.items():
        _add_file(app, f"/docs/{name}", Path(str(files("fastapi_offline") / "static" / name)), kind)


def page_policy(page: str) -> str:
    """The strictest Content-Security-Policy that a page runs under which brings its scripts and styles with it."""
    return (
        f"default-src 'none'; script-src {_hashes(page, 'script')}; style-src {_hashes(page, 'style')}; "
        f"connect-src 'self'; img-src data:; {NOTHING_ELSE}; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def documentation_policy(page: str) -> str:
    """The same for a page that loads Swagger UI from this service, which writes styles and markup as it runs."""
    return (
        f"default-src 'none'; script-src 'self' {_hashes(page, 'script')}; style-src 'self' 'unsafe-inline'; "
        f"connect-src 'self'; img-src 'self' data:; {NOTHING_ELSE}"
    )


def _hashes(page: str, tag: str) -> str:
    """What the policy calls the scripts or styles that a page holds."""
    bodies = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
    return " ".join(f"'sha256-{b64encode(sha256(body.encode()).digest()).decode()}'" for body in bodies)


def _headers(policy: str | None = None) -> Mapping[str, str]:
    return {"X-Content-Type-Options": "nosniff", **({"Content-Security-Policy": policy} if policy else {})}


def _add(app: FastAPI, path: str, page: str, policy: str) -> None:
    content = page.encode()

    @app.get(path, include_in_schema=False)
    async def page_for_browsers() -> Response:
        return Response(content, media_type="text/html", headers=_headers(policy))


def _add_file(app: FastAPI, path: str, file: Path, kind: str) -> None:
    @app.get(path, include_in_schema=False)
    async def file_of_a_page() -> Response:
        return FileResponse(file, media_type=kind, headers=_headers())
