"""Signals that end the program: they arrive as `KeyboardInterrupt`, and never while outputs get their names."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))  # no SIGHUP on Windows


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP arrived: what cleans up after Ctrl-C cleans up after these, too.

    Attributes
    ----------
    number : int
        Of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class _Arrivals:
    """What the handlers of signals know."""

    deferred = False
    waiting: int | None = None


def _on_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _arrive(number: int, _frame: FrameType | None = None) -> None:
    if _Arrivals.deferred:
        _Arrivals.waiting = number
        return
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    for other in ENDING:  # a session that ends sends several: the second must not break into the clean-up
        if signal.getsignal(other) is _arrive:
            signal.signal(other, signal.SIG_IGN)
    raise Terminated(number)


@contextmanager
def ending_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the block as Ctrl-C does.

    A signal that is ignored stays so: `nohup` asks for that. Only the main thread can do this; elsewhere nothing
    changes.
    """
    ours = {signal.SIGINT: signal.default_int_handler} | dict.fromkeys(ENDING, signal.SIG_DFL)
    before = {number: usual for number, usual in ours.items() if signal.getsignal(number) is usual}
    if not _on_main_thread():
        before = {}
    try:
        for number in before:
            signal.signal(number, _arrive)
        yield
    finally:
        for number, usual in before.items():
            signal.signal(number, usual)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Keep the signals of `ending_signals` waiting until the block is done."""
    if _Arrivals.deferred or not _on_main_thread():
        yield
        return
    _Arrivals.deferred = True
    try:
        yield
    finally:
        _Arrivals.deferred = False
        number, _Arrivals.waiting = _Arrivals.waiting, None
        if number is not None:
            _arrive(number)
