"""A digest that is counted beside the work is the same digest."""

from hashlib import sha256

import pytest

from records.vault.digesting import RunningDigest

MEGABYTE = 1 << 20


@pytest.mark.parametrize("length", [0, 1, MEGABYTE - 1, MEGABYTE, MEGABYTE + 1, 3 * MEGABYTE + 77])
@pytest.mark.parametrize("step", [64 * 1024, 5 * MEGABYTE])
def test_it_is_the_digest_of_everything(length, step):
    whole = bytes(number * 7 % 251 for number in range(997)) * (length // 997 + 1)
    running = RunningDigest()
    for start in range(0, length, step):
        running.update(whole[start : min(start + step, length)])
    assert running.digest() == sha256(whole[:length]).digest()


def test_a_piece_may_be_written_over_at_once():
    buffer, running, expected = bytearray(64 * 1024), RunningDigest(), sha256()
    for number in range(40):
        buffer[:] = bytes([number]) * len(buffer)
        expected.update(buffer)
        running.update(memoryview(buffer))
    buffer[:] = bytes(len(buffer))
    assert running.digest() == expected.digest()


def test_it_may_be_asked_on_the_way():
    running = RunningDigest()
    running.update(b"a" * (2 * MEGABYTE))
    assert running.digest() == sha256(b"a" * (2 * MEGABYTE)).digest()
    running.update(b"b")
    assert running.digest() == sha256(b"a" * (2 * MEGABYTE) + b"b").digest()
