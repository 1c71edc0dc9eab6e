"""``pytest --duro-chaos=SEED``: faults in the tests of a program, and the report of their effects."""
