"""Signals that end the program become a `KeyboardInterrupt`, but never while outputs are renamed to their places."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))  # no SIGHUP on Windows
TOGETHER_S = 2.0
"""Time after a signal in which others are ignored, in s: several arrive when a session ends, during the clean-up."""

IMPORT_S = 0.05
"""Time after which a signal that arrives during an import is sent again, in s."""


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP arrived. It is a `KeyboardInterrupt`, so that the same code cleans up as after Ctrl-C.

    Attributes
    ----------
    number : int
        Number of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class _Signals:
    """State of the signal handlers. There is one for the process, as there is one set of handlers.

    Attributes
    ----------
    deferred : bool
        Whether signals must wait.
    waiting : int or None
        Number of the signal that waits.
    unfinished : int
        How many blocks are running that must clean up.
    last : float
        When the last exception for SIGTERM or SIGHUP was raised, by the monotonic clock, in s.
    leave : callable
        Ends the process at once.
    """

    def __init__(self) -> None:
        self.deferred = False
        self.waiting: int | None = None
        self.unfinished = 0
        self.last = -TOGETHER_S
        self.leave: Callable[[int], object] = lambda _: None

    def arrive(self, number: int, frame: FrameType | None = None) -> None:
        """Handle a signal: raise its exception now or later, or end the process. Python calls this function."""
        if self.deferred:
            self.waiting = number
        elif not _is_importing(frame):
            self._raise(number)
        elif self.unfinished:
            resend = threading.Timer(IMPORT_S, os.kill, (os.getpid(), number))
            resend.daemon = True
            resend.start()
        else:
            self.leave(number)

    def _raise(self, number: int) -> None:
        """Raise the exception for a signal, unless another was raised for one that came with it."""
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        now = time.monotonic()
        if now - self.last >= TOGETHER_S:
            self.last = now
            raise Terminated(number)


_signals = _Signals()


def _is_importing(frame: FrameType | None) -> bool:
    """Return whether a module is being imported in this frame or in one of its callers.

    An exception must not be raised there. Some modules, such as torch, break when their import is interrupted: they
    raise other errors later or abort the process, and the user would see these in the place of the signal.
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
    """End the block with an exception when SIGINT, SIGTERM or SIGHUP arrives.

    A signal with another handler is left alone; `nohup`, for example, makes the process ignore SIGHUP. Only the main
    thread can handle signals; on other threads this does nothing.

    Parameters
    ----------
    leave : callable
        Ends the process at once. It is called with the number of a signal that arrives during an import while nothing
        is `unfinished`.
    """
    defaults = {signal.SIGINT: signal.default_int_handler} | dict.fromkeys(ENDING, signal.SIG_DFL)
    handled = {}
    if _on_main_thread():
        handled = {number: default for number, default in defaults.items() if signal.getsignal(number) is default}
    _signals.leave = leave
    _signals.last = -TOGETHER_S
    try:
        for number in handled:
            signal.signal(number, _signals.arrive)
        yield
    finally:
        for number, default in handled.items():
            signal.signal(number, default)


@contextmanager
def unfinished() -> Iterator[None]:
    """Mark a block that must clean up: signals that arrive during an import then wait, and do not end the process."""
    _signals.unfinished += 1
    try:
        yield
    finally:
        _signals.unfinished -= 1


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let the signals that `ending_signals` handles wait until the block has ended."""
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
