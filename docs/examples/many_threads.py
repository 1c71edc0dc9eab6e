"""Create many customers from 16 threads with one client, and print the number of token exchanges."""

from concurrent.futures import ThreadPoolExecutor

from duro import Duro
from duro.sandbox import Sandbox

with Sandbox() as sandbox, Duro(**sandbox.options) as client, ThreadPoolExecutor(16) as threads:
    customers = list(threads.map(lambda number: client.customers.create(name=f"Customer {number}"), range(200)))
    print(f"{len(customers)} customers, {sandbox.stats.token_exchanges} token exchange")
