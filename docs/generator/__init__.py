"""Parts of the generator of the reference."""
