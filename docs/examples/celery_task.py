"""Create a subscription in a Celery task that runs again until its outcome is known.

Start a worker with ``celery --app celery_task worker``, and set BROKER_URL to the address of your broker.
"""

import os

from celery import Celery

from duro import RETRYABLE, Duro, derive_key

app = Celery("shop", broker=os.environ.get("BROKER_URL", "memory://"))
# Each worker process opens its own connections at its first call.
client = Duro()


@app.task(
    acks_late=True,
    reject_on_worker_lost=True,
    autoretry_for=RETRYABLE,
    retry_backoff=5,
    retry_backoff_max=600,
    max_retries=100,  # less than 17 hours, because a key may expire after 24
)
def subscribe(order_id: str, customer_id: str, plan_id: str) -> str:
    subscription = client.subscriptions.create(
        customer_id=customer_id, plan_id=plan_id, idempotency_key=derive_key("subscribe", order_id)
    )
    return subscription.id
