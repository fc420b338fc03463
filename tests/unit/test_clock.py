from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Thread

import pytest

from detector.clock import STAGES, Clock


def work(seconds: float) -> None:
    """Keep this thread's processor busy for so long."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def others(clock: Clock, *stages: str) -> list[float]:
    return [seconds for stage, seconds in clock.seconds.items() if stage not in stages]


def test_a_clock_counts_what_runs_under_a_stage_and_adds_it_up() -> None:
    clock = Clock()
    for _ in range(2):
        with clock("trunk"):
            work(0.02)
    work(0.02)
    assert clock.seconds["trunk"] == pytest.approx(0.04, abs=0.01)
    assert set(others(clock, "trunk")) == {0.0}


def test_waiting_is_not_work() -> None:
    clock = Clock()
    with clock("decode"):
        time.sleep(0.05)
    assert clock.seconds["decode"] < 0.02


def test_what_fails_is_counted_too() -> None:
    clock = Clock()
    with pytest.raises(ValueError), clock("head"):  # noqa: PT011, PT012
        work(0.02)
        raise ValueError
    assert clock.seconds["head"] >= 0.02


def test_making_items_is_counted_and_using_them_is_not() -> None:
    clock = Clock()

    def made() -> Iterator[int]:
        for n in range(3):
            work(0.01)
            yield n
        work(0.01)

    for n, item in enumerate(clock.each("decode", made())):
        assert item == n
        work(0.03)
    assert clock.seconds["decode"] == pytest.approx(0.04, abs=0.015)


def test_a_clock_counts_its_own_thread_alone_and_takes_in_those_of_others() -> None:
    total = Clock()

    def part() -> None:
        clock = Clock()
        with clock("trunk"):
            work(0.01)
        total.add(clock)

    with total("write"):
        threads = [Thread(target=part) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert total.seconds["trunk"] == pytest.approx(0.08, abs=0.02)
    assert total.seconds["write"] < 0.02


def test_there_is_no_stage_but_those_that_are_named() -> None:
    clock = Clock()
    assert tuple(clock.seconds) == STAGES
    with pytest.raises(KeyError), clock("lunch"):
        pass
