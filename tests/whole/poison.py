"""Tasks that no house would have: one kills its worker, one always fails, one comes from somebody who left."""

import os
import signal
from uuid import UUID, uuid4

from audit.actor import Role
from portal.asking import actor_again
from portal.celery import app


@app.task(name="tests.kills_its_worker")
def kills_its_worker(identifier: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@app.task(name="tests.fails", max_retries=2, retry_backoff_max=1)
def fails(identifier: str) -> None:
    raise ValueError(f"azenor@example.org {identifier}")


@app.task(name="tests.asked_by")
def asked_by(account_id: str) -> None:
    actor_again(UUID(account_id), role=Role.ADMINISTRATOR, request_id=uuid4())


@app.task(name="tests.works", soft_time_limit=5)
def works() -> None:
    pass
