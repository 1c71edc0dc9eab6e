"""Addresses of Redis servers and connections to them, shared by the token store and the inbox."""
