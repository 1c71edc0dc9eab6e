"""JSON codec: strict parsing, conversion to models, open enums."""
