"""Traces: requests, their events, the deliveries of these, and the requests of their handlers."""
