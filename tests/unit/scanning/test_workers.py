from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from threading import Event, Timer

import pytest

from detector.scanning.executor import Died, Stuck
from detector.scanning.workers import AHEAD, Pulse, Stopped, Task, Workers

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


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("end", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_work_that_would_end_the_program_ends_its_own_item_only(number: int, end: type[BaseException]) -> None:
    def work(n: int, _: Pulse) -> int:
        if n in {2, 3}:
            raise end(f"item {n}")
        return n

    with Workers(number, PATIENCE_S) as workers:
        made = [outcome for _, outcome in workers.in_order(range(20), work)]
    for n in (2, 3):
        died = made[n]
        assert isinstance(died, Died)
        assert end.__name__ in str(died)
        assert f"item {n}" in str(died)
    assert made[:2] + made[4:] == [0, 1, *range(4, 20)]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("number", [1, 3])
def test_a_thread_that_dies_costs_its_item_and_is_replaced(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread ends without a word to the executor, as a library in C can end it."""

    class Deadly(Task[int]):
        n_run = 0

        def run(self) -> None:
            Deadly.n_run += 1
            if Deadly.n_run in {2, 5}:
                self._thread = threading.current_thread()
                sys.exit()
            super().run()

    monkeypatch.setattr("detector.scanning.workers.Task", Deadly)
    monkeypatch.setattr("detector.scanning.workers._LOOK_S", 0.05)
    before = set(threading.enumerate())
    with Workers(number, PATIENCE_S) as workers:
        made = [outcome for _, outcome in workers.in_order(range(12), lambda n, _: n)]
    assert sum(isinstance(outcome, Died) for outcome in made) == 2
    assert all(isinstance(outcome, Died) or outcome == n for n, outcome in enumerate(made))
    assert all(thread.name[:4] != "scan" for thread in set(threading.enumerate()) - before)


def test_threads_that_die_between_two_items_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detector.scanning.workers._LOOK_S", 0.05)
    served = Workers._serve
    n_served: list[None] = []

    def dead_at_first(self: Workers) -> None:
        n_served.append(None)
        if len(n_served) > 2:
            served(self)

    monkeypatch.setattr(Workers, "_serve", dead_at_first)
    with Workers(2, PATIENCE_S) as workers:
        assert list(workers.in_order(range(9), lambda n, _: n)) == [(n, n) for n in range(9)]
