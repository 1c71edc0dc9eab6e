"""Assertions about the records of a sandbox, and the story that their failures print."""
