"""How events reach an application: endpoints, an outbox of what is due, and the courier that delivers it."""
