"""Control route of traces."""

from __future__ import annotations

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..._json_types import JSONValue
from ..api.responses import ApiResponse
from ..backend import Backend
from ..errors import ApiError
from ..traces.build import find_trace
from ..traces.trace import Trace
from .bodies import to_json

__all__ = ["build_trace_routes"]


def build_trace_routes(backend: Backend) -> list[Route]:
    """Build the route that shows the trace of a request or an event."""

    async def show(request: Request) -> Response:
        # In a worker thread, because it reads the whole request log.
        trace = await anyio.to_thread.run_sync(find_trace, backend, request.path_params["id"])
        if trace is None:
            raise ApiError(404, "The request or event does not exist. The log holds the latest 10,000 requests.")
        return ApiResponse.of(_trace_to_json(trace)).response()

    return [Route("/_sandbox/traces/{id}", show, methods=["GET"])]


def _trace_to_json(trace: Trace) -> dict[str, JSONValue]:
    children = [_trace_to_json(child) for child in trace.children]
    return {"kind": trace.kind, "record": to_json(trace.record), "children": children}
