"""The API as Python: models, resources, pages, and the codec between them and the wire."""
