"""Models of the API: frozen attrs classes and open enums, one module for each tag of the contract."""
