from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from threading import Event, Timer

import pytest

from detector.scanning.executor import Stuck
from detector.scanning.workers import AHEAD, Pulse, Stopped, Workers

PATIENCE_S = 30.0


@pytest.mark.parametrize("number", [1, 2, 3, 8])
def test_work_is_given_back_in_order_whoever_is_done_first(number: int) -> None:
    def slow_at_first(n: int, _: Pulse) -> int:
        time.sleep(0.02 if n % 5 == 0 else 0)
        return n * n

    with Workers(number, PATIENCE_S) as workers:
        assert list(workers.in_order(range(23), slow_at_first)) == [(n, n * n) for n in range(23)]
        assert list(workers.in_order([], slow_at_first)) == []


def test_work_does_not_pile_up() -> None:
    taken: list[int] = []
    free = Event()

    def jobs() -> Iterator[int]:
        for n in range(100):
            taken.append(n)
            yield n

    with Workers(3, PATIENCE_S) as workers:
        done = workers.in_order(jobs(), lambda n, _: free.wait(10) if n == 0 else n > 0)
        Timer(0.1, free.set).start()
        assert next(done) == (0, True)
        assert len(taken) <= 3 * AHEAD
        assert len(list(done)) == 99


def test_a_fault_in_work_is_given_where_its_turn_comes_and_work_goes_on() -> None:
    with Workers(2, PATIENCE_S) as workers:
        made = dict(workers.in_order(range(9), lambda n, _: 1 / (n - 3)))
    assert isinstance(made.pop(3), ZeroDivisionError)
    assert made == {n: 1 / (n - 3) for n in range(9) if n != 3}
    assert all(thread.name[:4] != "scan" for thread in threading.enumerate())


def test_work_that_nobody_waits_for_any_more_is_not_begun_and_what_was_begun_hears_of_it() -> None:
    begun: list[int] = []
    heard: list[int] = []

    def endless(n: int, pulse: Pulse) -> None:
        begun.append(n)
        try:
            while n > 0:
                pulse()
                time.sleep(0.01)
        except Stopped:
            heard.append(n)
            raise

    start = time.monotonic()
    with Workers(2, PATIENCE_S) as workers:
        done = workers.in_order(range(1000), endless)
        assert next(done) == (0, None)
        done.close()
    assert time.monotonic() - start < 1.5
    assert len(begun) < 2 * AHEAD + 2
    assert set(heard) == set(begun) - {0}


def test_work_without_a_sign_of_life_is_given_up_and_its_thread_replaced() -> None:
    def work(n: int, pulse: Pulse) -> int:
        if n == 1:
            time.sleep(3)
        for _ in range(8 if n == 2 else 0):
            pulse()
            time.sleep(0.1)
        return n

    start = time.monotonic()
    with Workers(1, 0.4) as workers:
        made = [outcome for _, outcome in workers.in_order(range(5), work)]
    assert isinstance(made[1], Stuck)
    assert [made[0], *made[2:]] == [0, 2, 3, 4]
    assert time.monotonic() - start < 4
