"""The address by which the asker reached this service, for links in answers. Trusts no header further than its form."""

import re

from starlette.requests import Request

_HOST = re.compile(r"[A-Za-z0-9.:\-\[\]_]+")


def origin(request: Request) -> str:
    """``scheme://host[:port]`` as the asker sees it, behind a proxy that terminates TLS too."""
    sent = request.headers.get("x-forwarded-proto", "").split(",")[0].strip().lower()
    scheme = sent if sent in {"http", "https"} else request.scope["scheme"]
    host = request.headers.get("host", "")
    return f"{scheme}://{host if _HOST.fullmatch(host) else _server(request)}"


def _server(request: Request) -> str:
    host, port = request.scope.get("server") or ("localhost", None)
    if port is None:
        return "localhost"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
