"""Create many customers from 16 threads with one client, and print the number of token exchanges."""

from concurrent.futures import ThreadPoolExecutor

from duro import Customer, Duro
from duro.sandbox import Sandbox

with Sandbox() as sandbox, Duro(**sandbox.options) as client, ThreadPoolExecutor(16) as threads:

    def create_customer(number: int) -> Customer:
        return client.customers.create(name=f"Customer {number}")

    customers = list(threads.map(create_customer, range(200)))
    print(f"{len(customers)} customers, {sandbox.stats.token_exchanges} token exchange")
