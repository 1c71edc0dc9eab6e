"""Webhook deliveries: endpoints, the outbox of due deliveries, and the worker that sends them."""
