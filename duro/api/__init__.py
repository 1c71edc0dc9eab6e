"""API in Python terms: models, resources, pages, and the codec that converts between models and JSON."""
