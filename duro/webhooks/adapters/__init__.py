"""Adapters for web frameworks: ``starlette``, ``fastapi``, ``aiohttp``, ``flask`` and ``django``.

Each module imports its framework, so import only the one that you use. All adapters respond with 400 to a
delivery that fails verification, with 200 to a repeat, and with 503 while another worker handles the event.
The argument ``acknowledge`` selects the time of the response to a new event:

- ``"early"`` (the default): respond with 202 at once, then run the handler. If the handler fails, the error
  is logged and the claim released, but Duro does not deliver the event again.
- ``"late"``: run the handler first. If it fails, respond with 500, so that Duro delivers the event again.
  Use it for handlers that move money.
"""
