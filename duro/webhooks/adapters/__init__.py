"""Adapters for web frameworks: ``starlette``, ``fastapi``, ``aiohttp``, ``flask`` and ``django``.

Each module imports its framework, and is imported by whoever has it. They all
refuse with 400 what is not signed, drop repeats with 200, and answer 503 while
another worker has the event. What else there is to say when, ``answer`` decides:

- ``before`` (the default): 202 at once, and the handler works after that. Its failure
  is logged and releases the claim, but Duro has its answer and does not deliver again.
- ``after``: the handler works first, and its failure is answered 500, so that Duro
  delivers the event again. For handlers that move money.
"""
