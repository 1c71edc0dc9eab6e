"""Register many customers from sixteen threads over one client, and count the token exchanges at the server."""

from concurrent.futures import ThreadPoolExecutor

from duro import Duro
from duro.sandbox import Sandbox

with Sandbox() as sandbox, Duro(**sandbox.options) as duro, ThreadPoolExecutor(16) as threads:
    customers = list(threads.map(lambda number: duro.customers.create(name=f"Customer {number}"), range(200)))
    print(f"{len(customers)} customers, {sandbox.stats.token_exchanges} token exchange")
