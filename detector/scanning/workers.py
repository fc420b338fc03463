"""An executor on threads of this process. A job that fails or hangs, or ends its thread, does not stop the others."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from queue import SimpleQueue
from time import monotonic
from typing import Generic, TypeVar

from detector.scanning.executor import Died, Stuck

Item = TypeVar("Item")
Made = TypeVar("Made")

AHEAD = 4  # jobs for each worker that are queued or running before the first result is taken
_LOOK_S = 1.0  # interval between two checks for progress
_FAREWELL_S = 1.5  # longest wait for threads to stop at the end


class Stopped(Exception):  # noqa: N818 (nothing is wrong)
    """Ends a job whose result is no longer needed."""


class Pulse:
    """Shows that a job makes progress: the job calls it now and then, at least with every block that it reads.

    Raises
    ------
    Stopped
        If the result is no longer needed.
    """

    def __init__(self) -> None:
        self._last: float | None = None
        self._stopped = False

    def __call__(self) -> None:
        """Show progress."""
        if self._stopped:
            raise Stopped
        self._last = monotonic()

    def stop(self) -> None:
        """Make the next call raise `Stopped`."""
        self._stopped = True

    @property
    def silent_s(self) -> float:
        """Return the seconds since the last call; 0 before the first."""
        return 0.0 if self._last is None else monotonic() - self._last


class Task(Generic[Made]):
    """A job that is queued, running or done; its result is in `future`."""

    def __init__(self, work: Callable[[Pulse], Made]) -> None:
        self.pulse = Pulse()
        self.future: Future[Made] = Future()
        self._work = work
        self._thread: threading.Thread | None = None

    def run(self) -> None:
        """Do the job on the thread that calls."""
        self._thread = threading.current_thread()
        try:
            self.pulse()
            made = self._work(self.pulse)
        except Exception as error:  # noqa: BLE001 (`result` raises it again)
            self.future.set_exception(error)
        except BaseException as error:  # noqa: BLE001 (it would end the program, which only the main thread may do)
            self.future.set_exception(Died(repr(error)))
        else:
            self.future.set_result(made)

    def result(self, patience_s: float, look: Callable[[], None]) -> Made:
        """Wait for the result. Call `look` now and then.

        Raises
        ------
        Stuck
            If the job showed no progress for `patience_s`. Its thread is abandoned.
        Died
            If the thread of the job ended before the job.
        """
        while True:
            try:
                return self.future.result(timeout=min(_LOOK_S, patience_s))
            except TimeoutError:
                if self.future.done():
                    raise
                look()
                if self._thread is not None and not self._thread.is_alive() and not self.future.done():
                    raise Died from None
                if self.pulse.silent_s > patience_s:
                    self.pulse.stop()
                    raise Stuck(f"{patience_s:g}") from None


class Workers:
    """An `Executor` on threads. A thread that is stuck or dead is replaced, and the end does not wait for it.

    Parameters
    ----------
    number : int
        Number of threads.
    patience_s : float
        Seconds without progress after which a job is given up.
    """

    def __init__(self, number: int, patience_s: float) -> None:
        self.number = number
        self.patience_s = patience_s
        self._queue: SimpleQueue[Task[object] | None] = SimpleQueue()
        self._tasks: deque[Task[object]] = deque()
        self._threads = [self._start() for _ in range(number)]

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *error: object) -> None:
        """Stop the jobs that are not done, and wait for their threads a moment."""
        del error
        for task in self._tasks:
            task.pulse.stop()
        for _ in self._threads:
            self._queue.put(None)
        end = monotonic() + _FAREWELL_S
        for thread in self._threads:
            thread.join(max(0.0, end - monotonic()))

    def _begin(self, work: Callable[[Pulse], Made]) -> Task[Made]:
        """Put a job at the end of the queue."""
        task = Task(work)
        while self._tasks and self._tasks[0].future.done():
            self._tasks.popleft()
        self._tasks.append(task)  # type: ignore[arg-type]  # tasks of any kind
        self._queue.put(task)  # type: ignore[arg-type]
        return task

    def _finish(self, task: Task[Made]) -> Made:
        """Wait for the result of a job; raise its error, `Stuck` or `Died`."""
        try:
            return task.result(self.patience_s, self._replace_dead)
        except Stuck:
            self._threads.append(self._start())
            raise

    def in_order(
        self, items: Iterable[Item], work: Callable[[Item, Callable[[], None]], Made]
    ) -> Iterator[tuple[Item, Made | Exception]]:
        """Apply a function to items; see `Executor.in_order`.

        At most `AHEAD` items for each worker are taken before the first of them is yielded.
        """
        waiting: deque[tuple[Item, Task[Made]]] = deque()
        for item in items:
            waiting.append((item, self._begin(lambda pulse, item=item: work(item, pulse))))  # type: ignore[misc]
            while waiting and (len(waiting) >= AHEAD * self.number or waiting[0][1].future.done()):
                first, task = waiting.popleft()
                outcome = self._outcome(task)
                yield first, outcome
        for first, task in waiting:
            outcome = self._outcome(task)
            yield first, outcome

    def _outcome(self, task: Task[Made]) -> Made | Exception:
        try:
            return self._finish(task)
        except Exception as error:  # noqa: BLE001 (it is yielded in place of the result)
            return error

    def _replace_dead(self) -> None:
        """Start a thread for each one that died: the jobs in the queue need it."""
        self._threads = [thread if thread.is_alive() else self._start() for thread in self._threads]

    def _start(self) -> threading.Thread:
        thread = threading.Thread(target=self._serve, name="scan", daemon=True)
        thread.start()
        return thread

    def _serve(self) -> None:
        while (task := self._queue.get()) is not None:
            task.run()
