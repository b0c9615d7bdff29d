"""The headers that every answer carries: what a browser may load, and that nothing about people stays in a cache."""

from __future__ import annotations

from flask import Response, request

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in _POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_A_YEAR = 31_536_000


def secure(response: Response) -> Response:
    """Set them all. Only a bundle file asked for by its content hash may be kept: it can never change."""
    response.headers.update(HEADERS)
    response.headers["Cache-Control"] = "no-store"
    if request.endpoint == "assets.file" and response.status_code == 200 and "v" in request.args:
        response.headers["Cache-Control"] = f"public, max-age={_A_YEAR}, immutable"
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = f"max-age={_A_YEAR}"
    response.headers.pop("Server", None)
    return response
