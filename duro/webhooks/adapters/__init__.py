"""Adapters for web frameworks: ``starlette``, ``fastapi``, ``aiohttp``, ``flask`` and ``django``.

Each module imports its framework, so import only the one that you use. All adapters respond with 400 to a
delivery that fails verification, with 200 to a repeat, and with 503 while another worker handles the event.
The argument ``acknowledge`` selects the time of the response to a new event:

- ``"late"`` (the default): run the handler first, then respond with 200. If it fails, respond with 500, so that
  Duro delivers the event again. If the process crashes, Duro gets no response, and delivers it again too.
- ``"early"``: respond with 202 at once, then run the handler. If the handler fails or the process crashes, the
  event is lost, because Duro does not deliver it again. A failure is logged and releases the claim.
"""
