"""How fast letters leave, against a task that does nothing, and how long an emergency waits behind bulk tasks.

    .venv/bin/python -m benchmarks.letters [--letters 2000] [--bulk 50000] [--emergencies 20]

One worker process with one child, a real PostgreSQL (durable), Redis and a relay of our own that takes everything. A
letter is claimed, its address unsealed and that remembered in the log, composed, sent over SMTP and written down.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.house import House, open_house

_NOOP = "benchmarks.noop"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("letters", 2_000), ("bulk", 50_000), ("emergencies", 20)):
        parser.add_argument(f"--{name}", type=int, default=default)
    wanted = parser.parse_args()
    with open_house() as house:
        _measure(house, wanted)


def _measure(house: House, wanted: argparse.Namespace) -> None:
    # Models exist once the house is open.
    from django.db import connection

    from portal.notifications.models import DeliveryState
    from tests.portal.notifications.readers import a_reader, happens
    from tests.portal.notifications.relay import open_relay
    from tests.whole.postmen import postmen

    url = f"postgresql://carnet_app:test-app@/carnet?host={house.folder / 'run'}"
    readers = [a_reader() for _ in range(50)]
    # A short path: Redis listens on a socket in it.
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    with open_relay() as relay, postmen(folder, url, relay, []) as running:
        running.environment["PYTHONPATH"] = str(Path(__file__).resolve().parent.parent)
        _include_noop()
        app = _app(running.cache.url)
        print(f"no-op task: {wanted.letters / _drain(app, running, wanted.letters):,.0f} a second per worker")

        for _ in range(wanted.letters // len(readers)):
            happens(*readers)
        _follow()
        running.start("worker-1")
        stop = _keep_sending(app)
        began, ended = _taken_at(relay, 1), _taken_at(relay, wanted.letters)
        stop.set()
        print(f"letters: {(wanted.letters - 1) / (ended - began):,.0f} a second per worker, to the relay's answer")
        _wait_until_none(DeliveryState.WAITING)
        running.kill("worker-1")
        # Once more: on a machine that has other work, only the two limits around the letters say what they are worth.
        print(f"no-op task, again: {wanted.letters / _drain(app, running, wanted.letters):,.0f} a second per worker")

        for name, parts in (("run_letters", ["letters"]), ("beat and one worker", ["beat-1", "worker-1"])):
            running.flush()
            _queue(app, wanted.bulk)
            for part in ["worker-1"] if name == "run_letters" else []:
                running.start(part)
            for part in parts:
                running.start(part)
            time.sleep(6)
            before = running.client().llen("bulk")
            delays = _emergencies(relay, readers[0], wanted.emergencies)
            after = running.client().llen("bulk")
            print(
                f"emergency by {name}, {before:,} to {after:,} bulk tasks ahead: "
                f"median {statistics.median(delays):.2f} s, worst {max(delays):.2f} s ({len(delays)} times)"
            )
            for part in list(running.processes):
                running.kill(part)
    connection.close()


def _include_noop() -> None:
    """Workers started from here know the task; nothing else does."""
    from tests.whole import postmen

    postmen.WORKER.extend(["--include", _NOOP])


def _app(url: str):
    from portal.celery import app

    app.conf.broker_url = url.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
    return app


def _queue(app, count: int) -> None:
    with app.connection_for_write() as connection, connection.SimpleQueue("bulk") as queue:
        producer = app.amqp.Producer(queue.channel)
        for _ in range(count):
            app.send_task(_NOOP, queue="bulk", producer=producer)


def _keep_sending(app) -> threading.Event:
    """What beat does: a run ends after some seconds, and the next one goes on."""
    stop = threading.Event()

    def send() -> None:
        while not stop.is_set():
            app.send_task("notifications.send", queue="default", expires=5)
            stop.wait(3)

    threading.Thread(target=send, daemon=True).start()
    return stop


def _drain(app, running, count: int) -> float:
    """How long one worker takes for so many tasks that do nothing, from its first one on."""
    _queue(app, count + 50)
    running.start("worker-1")
    client = running.client()
    while client.llen("bulk") > count:
        time.sleep(0.005)
    began = time.monotonic()
    while client.llen("bulk") or client.hlen("unacked"):
        time.sleep(0.005)
    seconds = time.monotonic() - began
    running.kill("worker-1")
    return seconds


def _follow() -> None:
    from portal.notifications.following import follow_log

    while follow_log(limit=500) == 500:
        pass


def _taken_at(relay, count: int) -> float:
    """The moment at which the relay had taken so many."""
    while len(relay.taken) < count:
        time.sleep(0.01)
    return relay.taken[count - 1].at


def _wait_until_none(state: str) -> None:
    from portal.notifications.models import Delivery

    while Delivery.objects.filter(state=state).exists():
        time.sleep(0.1)


def _emergencies(relay, reader, count: int) -> list[float]:
    """From the commit of each entry to the relay's taking of its mail; a sequencer runs meanwhile."""
    from django.db import connection, transaction

    from audit.events import Event
    from audit.log import append
    from audit.sequencing import sequence_once
    from tests.portal.notifications.readers import a_professional

    stop = threading.Event()

    def sequence() -> None:
        while not stop.wait(0.2):
            sequence_once()
        connection.close()

    thread = threading.Thread(target=sequence)
    thread.start()
    delays = []
    for _ in range(count):
        before = len(relay.taken)
        with transaction.atomic():
            append(Event.EMERGENCY_OPENED, actor=a_professional(), dossier=reader.pseudonym)
        happened = time.time()
        while len(relay.taken) == before:
            time.sleep(0.005)
        delays.append(relay.taken[before].at - happened)
        time.sleep(0.3)
    stop.set()
    thread.join()
    return delays


if __name__ == "__main__":
    main()
