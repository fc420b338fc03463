"""Signals that end the program. They arrive as `KeyboardInterrupt`, but never while outputs are renamed."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))  # no SIGHUP on Windows
TOGETHER_S = 2.0  # the end of a session sends several signals; the later ones must not interrupt the clean-up
IMPORT_S = 0.05  # the time until a signal that arrives during an import is sent again


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP arrived. Code that cleans up after Ctrl-C cleans up after these, too.

    Attributes
    ----------
    number : int
        The number of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class _Signals:
    """The state of signal handling. There is one of it, because a process has one set of handlers."""

    def __init__(self) -> None:
        self.deferred = False
        self.waiting: int | None = None
        self.unfinished = 0
        self.last = -TOGETHER_S
        self.leave: Callable[[int], object] = lambda _: None

    def arrive(self, number: int, frame: FrameType | None = None) -> None:
        """Raise an exception for a signal, now or as soon as that is safe."""
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
    """Return whether a module is being imported.

    An exception during an import leaves some modules, such as torch, half initialised. They later raise other errors or
    abort the process, and the user would not see that a signal was the cause.
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
    """Make SIGTERM and SIGHUP end the block as Ctrl-C does.

    A signal that is ignored stays ignored, as `nohup` asks. Outside of the main thread nothing changes, because only
    the main thread can set handlers.

    Parameters
    ----------
    leave : callable
        Ends the process at once. It is called with the number of the signal if a module is being imported and nothing
        is `unfinished`.
    """
    defaults = {signal.SIGINT: signal.default_int_handler} | dict.fromkeys(ENDING, signal.SIG_DFL)
    before = {number: default for number, default in defaults.items() if signal.getsignal(number) is default}
    if not _on_main_thread():
        before = {}
    _signals.leave = leave
    _signals.last = -TOGETHER_S
    try:
        for number in before:
            signal.signal(number, _signals.arrive)
        yield
    finally:
        for number, default in before.items():
            signal.signal(number, default)


@contextmanager
def unfinished() -> Iterator[None]:
    """Declare that the block cleans up when it ends, so a signal must not end the process at once."""
    _signals.unfinished += 1
    try:
        yield
    finally:
        _signals.unfinished -= 1


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Delay the signals of `ending_signals` until the block is done."""
    if _signals.deferred or not _on_main_thread():
        yield
        return
    _signals.deferred = True
    try:
        yield
    finally:
        _signals.deferred = False
        number = _signals.waiting
        _signals.waiting = None
        if number is not None:
            _signals.arrive(number)
