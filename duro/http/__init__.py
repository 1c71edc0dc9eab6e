"""How one call travels: values, pipeline, retry decisions, transports."""
