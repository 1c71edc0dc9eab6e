"""Token stores, which share the access token of an OAuth client between processes."""

from .protocol import StoredToken, TokenStore, TokenStoreError

__all__ = ["StoredToken", "TokenStore", "TokenStoreError"]
