"""Error responses of common gateways, in a minimal form, and others that do not come from the API."""

from __future__ import annotations

from typing import NamedTuple


class GatewayPage(NamedTuple):
    """Error response of a server in front of the API.

    Attributes:
        status: HTTP status.
        body: Page, text or JSON.
        words: First words that an error message must contain.
        content_type: Media type of the body.
    """

    status: int
    body: bytes
    words: str = ""
    content_type: str = "text/html"

    @property
    def raw(self):
        """The bytes of the complete HTTP response."""
        head = f"HTTP/1.1 {self.status} Status\r\ncontent-type: {self.content_type}\r\n"
        return f"{head}content-length: {len(self.body)}\r\n\r\n".encode() + self.body


def nginx(status, title):
    head = f"<html>\r\n<head><title>{status} {title}</title></head>\r\n"
    body = f"<body>\r\n<center><h1>{status} {title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n"
    return GatewayPage(status, f"{head}{body}</html>\r\n".encode(), title)


def balancer(status, title):
    html = f"<html>\r\n<head><title>{status} {title}</title></head>\r\n<body><h1>{status} {title}</h1></body></html>"
    return GatewayPage(status, html.encode(), title)


def cloudflare(status, title):
    style = "<style>body { margin: 0 }</style><script>if (a < b) { load() }</script>"
    html = f"<!DOCTYPE html><html><head><title>api | {status}: {title}</title>{style}</head><body></body></html>"
    return GatewayPage(status, html.encode(), title)


# Each of them leaves the outcome of a write open, and is retried under its key.
RETRIED_PAGES = {
    "nginx 500": nginx(500, "Internal Server Error"),
    "nginx 502": nginx(502, "Bad Gateway"),
    "nginx 503": nginx(503, "Service Temporarily Unavailable"),
    "nginx 504": nginx(504, "Gateway Time-out"),
    "HAProxy 503": GatewayPage(
        503,
        b"<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>",
        "503 Service Unavailable No server is available",
    ),
    "HAProxy 408": GatewayPage(
        408, b"<html><body><h1>408 Request Time-out</h1>\nThe request took too long.\n</body></html>", "408 Request"
    ),
    "Envoy 503": GatewayPage(
        503,
        b"upstream connect error or disconnect/reset before headers. reset reason: connection termination",
        "upstream connect error or disconnect/reset before headers",
        "text/plain",
    ),
    "Envoy 504": GatewayPage(504, b"upstream request timeout", "upstream request timeout", "text/plain"),
    "Heroku 503": GatewayPage(
        503,
        b"<!DOCTYPE html><html><head><title>Application Error</title><style>html { height: 100% }</style></head>"
        b'<body><iframe src="//pages.example/error.html"></iframe></body></html>',
        "Application Error",
    ),
    "Cloudflare 520": cloudflare(520, "Web server is returning an unknown error"),
    "Cloudflare 521": cloudflare(521, "Web server is down"),
    "Cloudflare 522": cloudflare(522, "Connection timed out"),
    "Cloudflare 523": cloudflare(523, "Origin is unreachable"),
    "Cloudflare 524": cloudflare(524, "A timeout occurred"),
    "AWS ALB 502": balancer(502, "Bad Gateway"),
    "AWS ALB 503": balancer(503, "Service Temporarily Unavailable"),
    "JSON 503": GatewayPage(503, b'{"message":"no Route matched","request_id":"1"}', "no Route", "application/json"),
    "JSON 500 with an error text": GatewayPage(
        500, b'{"status":500,"error":"Internal Server Error"}', "Internal Server Error", "application/json"
    ),
    "JSON 502 with a number as code": GatewayPage(
        502, b'{"error":{"code":"502","message":"A server error"}}', "A server error", "application/json"
    ),
    "empty 500": GatewayPage(500, b"", "its body is empty"),
    "empty 408": GatewayPage(408, b"", "its body is empty"),
}
# Each of them leaves the outcome open too, but a retry would not help.
OPEN_PAGES = {
    "nginx 501": nginx(501, "Not Implemented"),
    "Cloudflare 525": cloudflare(525, "SSL handshake failed"),
    "captive portal 511": GatewayPage(511, b"<h1>Network Authentication Required</h1>", "Network Authentication"),
}
# Each of them rejects its own attempt, and settles no other one.
REJECTION_PAGES = {
    "nginx 400": nginx(400, "Bad Request"),
    "nginx 403": nginx(403, "Forbidden"),
    "nginx 404": nginx(404, "Not Found"),
    "nginx 413": nginx(413, "Request Entity Too Large"),
    "ingress 404": GatewayPage(404, b"default backend - 404", "default backend - 404", "text/plain"),
    "JSON 404": GatewayPage(404, b'{"timestamp":1,"status":404,"error":"Not Found"}', "Not Found", "application/json"),
    "JSON 404 with a code of another envelope": GatewayPage(
        404, b'{"error":{"code":"DEPLOYMENT_NOT_FOUND"}}', "DEPLOYMENT_NOT_FOUND", "application/json"
    ),
    "firewall 409": balancer(409, "Conflict"),
    "firewall 422": balancer(422, "Unprocessable Entity"),
    "login 401": GatewayPage(401, b"<h1>Log in to the network</h1>", "Log in to the network"),
    "empty 404": GatewayPage(404, b"", "its body is empty"),
}
PAGES = {**RETRIED_PAGES, **OPEN_PAGES, **REJECTION_PAGES}
