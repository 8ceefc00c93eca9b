"""Static addresses that change when their content does, so that browsers may keep what they have."""

import hashlib
from pathlib import Path
from typing import Any

from flask import Flask, Response, has_request_context, request
from flask.sansio.scaffold import Scaffold

KEPT_SECONDS = 365 * 24 * 3600


def init_app(app: Flask) -> None:
    """Add `v` to every static address, and let an address that carries it be kept for a year."""
    folders: dict[str, Path] = {}
    digests: dict[tuple[str, str], str] = {}

    def folder_of(endpoint: str) -> Path | None:
        if endpoint not in folders:
            owner: Scaffold | None = app
            if endpoint != "static":
                owner = app.blueprints.get(endpoint.removesuffix(".static"))
            if owner is None or owner.static_folder is None:
                return None
            folders[endpoint] = Path(owner.static_folder)
        return folders[endpoint]

    @app.url_defaults
    def version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint != "static" and not endpoint.endswith(".static"):
            return
        name = str(values.get("filename", ""))
        folder = folder_of(endpoint)
        if "v" in values or folder is None:
            return
        if (endpoint, name) not in digests:
            path = folder / name
            content = path.read_bytes() if path.is_file() else b""
            digests[endpoint, name] = hashlib.sha256(content).hexdigest()[:10]
        values["v"] = digests[endpoint, name]

    addresses: dict[tuple[object, ...], str] = {}

    def address(endpoint: str, **values: Any) -> str:
        """As `url_for`, for templates. A file's address is worked out once: every page has twenty of them."""
        is_file = endpoint == "static" or endpoint.endswith(".static")
        if not is_file or not has_request_context():
            return app.url_for(endpoint, **values)
        key = (request.script_root, endpoint, *sorted(values.items()))
        if key not in addresses:
            addresses[key] = app.url_for(endpoint, **values)
        return addresses[key]

    app.jinja_env.globals["url_for"] = address

    @app.after_request
    def keep(response: Response) -> Response:
        static = request.endpoint == "static" or (request.endpoint or "").endswith(".static")
        if static and response.status_code in {200, 304} and "v" in request.args:
            response.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}, immutable"
        return response
