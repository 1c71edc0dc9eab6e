"""Token store on Redis or Valkey: one server, Sentinel, or a cluster."""

from .application import ApplicationRunner
from .store import RedisTokenStore, open_redis_store

__all__ = ["ApplicationRunner", "RedisTokenStore", "open_redis_store"]
