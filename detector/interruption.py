"""Signals that end the program: they arrive as `KeyboardInterrupt`, and never while outputs get their names."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))  # no SIGHUP on Windows
TOGETHER_S = 2.0  # the end of a session sends several signals: the later ones must not break into the clean-up
IMPORT_S = 0.05


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


class _Signals:
    """What happens to signals: there is one such state, as there is one set of handlers."""

    def __init__(self) -> None:
        self.deferred = False
        self.waiting: int | None = None
        self.unfinished = 0
        self.last = -TOGETHER_S
        self.leave: Callable[[int], object] = lambda _: None

    def arrive(self, number: int, frame: FrameType | None = None) -> None:
        """Raise an exception for a signal, now or when that can be."""
        if self.deferred:
            self.waiting = number
        elif not _importing(frame):
            self._raise(number)
        elif self.unfinished:
            again = threading.Timer(IMPORT_S, os.kill, (os.getpid(), number))
            again.daemon = True
            again.start()
        else:
            self.leave(number)

    def _raise(self, number: int) -> None:
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        now = time.monotonic()
        if now - self.last >= TOGETHER_S:
            self.last = now
            raise Terminated(number)


_signals = _Signals()


def _importing(frame: FrameType | None) -> bool:
    """Tell whether modules are being imported: an exception there breaks some, as torch, so that they end the process.

    What they raise later, or that they call `abort`, would be shown in the place of the signal.
    """
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _on_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


@contextmanager
def ending_signals(leave: Callable[[int], object]) -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the block as Ctrl-C does.

    A signal that is ignored stays so: `nohup` asks for that. Only the main thread can do this; elsewhere nothing
    changes.

    Parameters
    ----------
    leave : callable
        Ends the process at once. It is called with the signal's number where an exception would break an import, and
        nothing is `unfinished`.
    """
    ours = {signal.SIGINT: signal.default_int_handler} | dict.fromkeys(ENDING, signal.SIG_DFL)
    before = {number: usual for number, usual in ours.items() if signal.getsignal(number) is usual}
    if not _on_main_thread():
        before = {}
    _signals.leave, _signals.last = leave, -TOGETHER_S
    try:
        for number in before:
            signal.signal(number, _signals.arrive)
        yield
    finally:
        for number, usual in before.items():
            signal.signal(number, usual)


@contextmanager
def unfinished() -> Iterator[None]:
    """Say that there is something to clean up when the block ends."""
    _signals.unfinished += 1
    try:
        yield
    finally:
        _signals.unfinished -= 1


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Keep the signals of `ending_signals` waiting until the block is done."""
    if _signals.deferred or not _on_main_thread():
        yield
        return
    _signals.deferred = True
    try:
        yield
    finally:
        _signals.deferred = False
        number, _signals.waiting = _signals.waiting, None
        if number is not None:
            _signals.arrive(number)
