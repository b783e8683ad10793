"""Two hundred wrong passwords a minute from many networks: the owner still comes in, and pages keep their speed."""

from __future__ import annotations

import http.client
import re
import time
from statistics import median
from threading import Event, Thread
from urllib.parse import urlencode

from portal.demo.people import PASSWORD
from tests.counts import IS_SOAK
from tests.whole.running import RunningHouse
from tests.whole.visitor import Visitor

VICTIM = "paul.nguyen@carnet.example"
A_MINUTE = 200
SECONDS = 60 if IS_SOAK else 12
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


def _guess(house: RunningHouse, number: int) -> int:
    """One wrong password from a network of its own (127.a.b.1 are all this machine)."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", house.port, timeout=30, source_address=(f"127.{1 + number // 250}.{number % 250}.1", 0)
    )
    host = {"Host": f"localhost:{house.port}"}
    connection.request("GET", "/signin/", headers=host)
    page = connection.getresponse()
    cookie = next(each for each in page.headers.get_all("Set-Cookie") if each.startswith("csrf=")).split(";")[0]
    token = _TOKEN.search(page.read().decode())[1]
    data = urlencode({"login": VICTIM, "password": f"wrong guess {number}", "csrfmiddlewaretoken": token})
    sent = {**host, "Cookie": cookie, "Origin": house.url, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/signin/", body=data, headers=sent)
    status = connection.getresponse().status
    connection.close()
    return status


def _median_seconds(visitor: Visitor, rounds: int) -> float:
    taken = []
    for _round in range(rounds):
        began = time.perf_counter()
        assert visitor.get("/security/").status == 200
        taken.append(time.perf_counter() - began)
        time.sleep(0.05)
    return median(taken)


def test_the_owner_comes_in_under_two_hundred_guesses_a_minute(house: RunningHouse):
    reader = Visitor(house.url)
    reader.sign_in("mehdi.belkacem@carnet.example", PASSWORD, house.code("mehdi.belkacem@carnet.example"))
    quiet = _median_seconds(reader, 20)
    began = time.perf_counter()
    answers = [_guess(house, 1000)]
    alone = time.perf_counter() - began
    stop = Event()

    def attack(lane: int) -> None:
        number = lane
        while not stop.is_set():
            began = time.monotonic()
            answers.append(_guess(house, number))
            number += 4
            stop.wait(max(0.0, 4 * 60 / A_MINUTE - (time.monotonic() - began)))

    lanes = [Thread(target=attack, args=(lane,)) for lane in range(4)]
    began = time.monotonic()
    for lane in lanes:
        lane.start()
    try:
        while time.monotonic() - began < SECONDS * 0.6:
            time.sleep(0.2)
        busy = _median_seconds(reader, 20)
        owner = Visitor(house.url).sign_in(VICTIM, PASSWORD, house.code(VICTIM))
        while time.monotonic() - began < SECONDS:
            time.sleep(0.2)
    finally:
        stop.set()
        for lane in lanes:
            lane.join()
    rate = len(answers) * 60 / (time.monotonic() - began)
    print(f"{rate:.0f} guesses a minute, page {quiet * 1000:.0f} ms quiet, {busy * 1000:.0f} ms under them")
    assert "/signin" not in owner.address
    assert set(answers) == {422}
    assert len(answers) >= 8
    # A page may wait for the hashes of four lanes, as slow as they are on this machine; not for a growing queue.
    assert busy < quiet + 4 * alone
