"""Fuzz one target in this process: with atheris where it is installed, else by drawn mutations alone.

`python -m tests.fuzz.one TARGET SECONDS FOLDER` keeps in FOLDER an input and a traceback of each finding, named by the
place that raised, a file `runs` with the number of inputs, and in `corpus` what atheris chose to mutate further. The
driver `tests.fuzz` starts it, looks at those, and starts it again where it ends early.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz import memory
from tests.fuzz.target import MOST_BYTES, Target, attempt

_MOST_MEMORY = 2048  # MiB
_FULL = 1024 << 20
"""Bytes at which the process ends, for a fresh one to go on: atheris keeps the result of every comparison that it
traces, which costs nothing for a bool but keeps an array for ever. What one input takes is measured in `target`."""
_NOTED_EVERY = 100  # inputs


class Session:
    """Runs of one target, with the findings written as they come."""

    def __init__(self, target: Target, folder: Path) -> None:
        self.target, self.folder = target, folder
        self.n_runs = 0
        self.scratch = Path(tempfile.mkdtemp(prefix=f"fuzz-{target.name}-"))
        folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, data: bytes) -> None:
        """Run the target on an input; keep it where it is the first of its kind."""
        self.n_runs += 1
        (self.folder / "last").write_bytes(data)  # what is left of a process that dies
        found = attempt(self.target, data, self.scratch)
        kept = self.folder / f"{found.name}.input" if found else None
        if found and kept and not kept.exists():
            kept.write_bytes(data)
            kept.with_suffix(".txt").write_text(found.text, encoding="utf-8", errors="backslashreplace")
        full = memory.resident() > _FULL
        if full or self.n_runs % _NOTED_EVERY == 1:
            (self.folder / "runs").write_text(str(self.n_runs), encoding="ascii")
        if full:
            os._exit(0)  # nothing else ends atheris from within; its corpus is on the disk


def drawn(session: Session, seconds: float, seed: int) -> None:
    """Mutate seeds, and what came of them, until the time is over."""
    rng, pool, end = random.Random(seed), list(session.target.seeds()), time.monotonic() + seconds
    while time.monotonic() < end:
        data = rng.choice(pool)
        for _ in range(rng.randint(1, 5)):
            data = session.target.mutate(data, rng)[:MOST_BYTES]
        session(data)


def guided(session: Session, seconds: float, seed: int) -> None:
    """Let atheris choose by coverage what to mutate; it ends the process."""
    import atheris

    def mutate(data: bytes, most: int, drawn_seed: int) -> bytes:
        rng = random.Random(drawn_seed)
        return (session.target.mutate(data, rng) if rng.random() < 0.7 else atheris.Mutate(data, most))[:most]

    corpus, seeds = session.folder / "corpus", session.scratch / "seeds"
    corpus.mkdir(exist_ok=True)
    seeds.mkdir()
    for n, data in enumerate(session.target.seeds()):
        (seeds / str(n)).write_bytes(data)
    options = [
        f"-max_total_time={max(1, round(seconds))}",
        f"-rss_limit_mb={_MOST_MEMORY}",
        f"-max_len={MOST_BYTES}",
        "-timeout=60",  # of the clock, for what waits; what is slow is measured in processor time
        "-report_slow_units=61",  # a machine that stood still for a while is no finding
        "-close_fd_mask=3",  # decoders print
        "-print_final_stats=0",
        f"-seed={seed}",
        f"-artifact_prefix={session.folder}/",
        str(corpus),  # the first one is added to
        str(seeds),
    ]
    atheris.Setup([sys.argv[0], *options], session, custom_mutator=mutate)
    atheris.Fuzz()


def loaded(name: str, *, instrument: bool) -> Target:
    """Import a target, with the program instrumented for coverage where that is asked for."""
    if not instrument:
        return importlib.import_module(f"tests.fuzz.{name}").TARGET
    import atheris

    with atheris.instrument_imports(include=["detector"], enable_loader_override=False):
        return importlib.import_module(f"tests.fuzz.{name}").TARGET


def main(name: str, seconds: str, folder: str, seed: str) -> None:
    """Fuzz one target."""
    instrument = importlib.util.find_spec("atheris") is not None
    resource.setrlimit(resource.RLIMIT_DATA, (2 * _MOST_MEMORY << 20, 2 * _MOST_MEMORY << 20))
    session = Session(loaded(name, instrument=instrument), Path(folder))
    (guided if instrument else drawn)(session, float(seconds), int(seed))


if __name__ == "__main__":
    main(*sys.argv[1:])
