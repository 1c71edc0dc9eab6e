"""HTTP: requests and responses, the pipeline of a call, retry decisions, transports."""
