"""Token store on Redis or Valkey: one server, Sentinel, or a cluster."""

from .store import RedisTokenStore, open_redis_store

__all__ = ["RedisTokenStore", "open_redis_store"]
