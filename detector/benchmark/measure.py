"""Benchmark the scan of a model: what is measured, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

from detector.benchmark.figures import BenchmarkScan, cost_of_overlap, figures, ratios
from detector.benchmark.machine import peak_bytes, this_machine
from detector.benchmark.products import matrix_product_rate, trunk_multiply_adds
from detector.benchmark.report import BenchmarkReport, BenchmarkSound, MatrixProducts
from detector.benchmark.scans import Case, Run, hops, run
from detector.benchmark.sound import cut_excerpts, make_sound
from detector.benchmark.subject import BenchmarkSubject, find_subject
from detector.cores import count_cores
from detector.device import DeviceName
from detector.errors import ConfigurationError, ParameterError
from detector.place import paths_of
from detector.progress import SILENT, Progress
from detector.scanning.layout import EngineName, lay_out
from detector.scanning.scan import list_recordings, one_thread_each
from detector.scanning.scanner import Setting
from detector.scanning.trunks import Precision, choose_precision

REPEATS = 3
SOUND_S = 480.0  # made for each worker: four whole parts, so that none waits for another


@dataclass(frozen=True)
class BenchmarkRequest:
    """What to measure.

    Attributes
    ----------
    recordings : tuple of Path
        Files and folders; none for made sound.
    model : str or None
        As `find_subject`.
    seconds : float or None
        Length of the made sound, s; None for `SOUND_S` for each worker.
    device, precision : str
        What the network runs on, and what its trunk computes in.
    workers : int or None
        Threads that scan; None for one a core.
    """

    recordings: tuple[Path, ...] = ()
    model: str | None = None
    seconds: float | None = None
    device: DeviceName = "auto"
    precision: Precision = "auto"
    workers: int | None = None


def benchmark(request: BenchmarkRequest, progress: Progress = SILENT) -> BenchmarkReport:
    """Measure the scan of a model.

    After a round that is not counted, every case is scanned `REPEATS` times, one case after another and over again.

    Parameters
    ----------
    request : BenchmarkRequest
        What to measure.
    progress : Progress, optional
        Hears how far it is.

    Raises
    ------
    ConfigurationError
        Where the request cannot be met, or none of the recordings can be scanned.
    """
    if request.recordings and request.seconds is not None:
        problem = "is the length of made sound; leave it out where recordings are given"
        raise ParameterError("seconds", request.seconds, problem)
    given = paths_of(list_recordings(request.recordings)) if request.recordings else []
    subject = find_subject(request.model, request.device)
    with TemporaryDirectory(prefix="detector-benchmark-") as folder, one_thread_each():
        return Benchmark(subject, request, Path(folder), progress).report(given)


class Benchmark:
    """A benchmark of one model, in a folder for what it writes."""

    def __init__(self, subject: BenchmarkSubject, request: BenchmarkRequest, folder: Path, progress: Progress) -> None:
        self._subject = subject
        self._model = subject.model
        self._folder = folder
        self._progress = progress
        self._recipe, self._device = subject.model.recipe, subject.model.device
        self._precision = choose_precision(request.precision, self._device)
        self._workers = request.workers or count_cores()
        self._seconds = request.seconds or SOUND_S * self._workers
        self._hops = hops(self._recipe)

    def report(self, given: Sequence[Path]) -> BenchmarkReport:
        """Measure with the recordings given, or with made sound."""
        recordings = given or make_sound(self._folder, self._workers, self._seconds, self._recipe.audio)
        lengths, failed = self._tried(recordings)
        peak = peak_bytes()
        cases = list(self._cases(lengths))
        products, runs = self._measured(cases)
        scans = tuple(self._figures(case, of_case, products[-1].mean) for case, of_case in zip(cases, runs))
        return BenchmarkReport(
            model=self._subject.name,
            trained=self._subject.trained,
            sample_rate_hz=self._recipe.audio.sample_rate,
            window_s=self._recipe.window.duration,
            precision=self._precision,
            workers=self._workers,
            machine=this_machine(self._device),
            sound=BenchmarkSound(len(lengths), sum(lengths.values()), made=not given),
            matrix_products=products,
            peak_bytes=peak,
            scans=scans,
            shared_over_windows=ratios(scans),
            finest_over_coarsest=cost_of_overlap(scans),
            notes=tuple(self._notes(scans, runs)),
            failed=failed,
        )

    def _tried(self, recordings: Sequence[Path]) -> tuple[dict[Path, float], tuple[str, ...]]:
        """Scan once at every hop, to warm up; give the length (s) of what could be scanned, and what failed."""
        cases = [self._case(share, recordings) for share in self._hops]
        *_, last = [run(self._model, case, self._folder) for case in self._progress.through(cases, len(cases), "scan")]
        lengths = {recording: seconds for recording, seconds in last.lengths.items() if seconds}
        if not lengths:
            reason = "; ".join(last.failed) or "the recordings are empty"
            raise ConfigurationError(f"nothing could be scanned: {reason}")
        return lengths, last.failed

    def _case(self, share: float, recordings: Iterable[Path], engine: EngineName = "auto") -> Case:
        setting = Setting(self._hops[share], engine=engine, precision=self._precision, workers=self._workers)
        return Case(share, setting, lay_out(self._recipe, setting.hop_s, engine), tuple(recordings))

    def _cases(self, lengths: dict[Path, float]) -> Iterator[Case]:
        """List the cases: one pass over everything, then windows by themselves on as much as has as many windows."""
        yield from (self._case(share, lengths) for share in self._hops)
        if lay_out(self._recipe).engine == "windows":
            return
        whole_s = min(sum(lengths.values()), SOUND_S * self._workers)
        for share, hop_s in self._hops.items():
            advanced_s = whole_s / self._workers * hop_s / max(self._hops.values())
            longest_s = advanced_s + self._recipe.window.duration - hop_s
            seconds = min(whole_s, longest_s * self._workers)
            excerpts = cut_excerpts(list(lengths.items()), seconds, longest_s, self._folder / f"{share:g}")
            yield self._case(share, excerpts, "windows")

    def _measured(self, cases: Sequence[Case]) -> tuple[tuple[MatrixProducts, ...], list[list[Run]]]:
        """Scan all cases in turn, `REPEATS` times, between two measurements of what matrix products reach."""
        names = list(dict.fromkeys(("float32", self._precision)))
        before = [matrix_product_rate(self._device, name) for name in names]
        turns = [case for _ in range(REPEATS) for case in cases]
        runs = [run(self._model, case, self._folder) for case in self._progress.through(turns, len(turns), "scan")]
        after = [matrix_product_rate(self._device, name) for name in names]
        products = (MatrixProducts(*rates, mean(rates[1:])) for rates in zip(names, before, after))
        return tuple(products), [runs[n :: len(cases)] for n in range(len(cases))]

    def _figures(self, case: Case, runs: Sequence[Run], rate: float) -> BenchmarkScan:
        return figures(case, runs, trunk_multiply_adds(self._recipe, case.layout), rate)

    def _notes(self, scans: Sequence[BenchmarkScan], runs: Sequence[Sequence[Run]]) -> Iterator[str]:
        if not self._subject.trained:
            yield "The recipe has no weights: measured with seeded random ones, which take the same time."
        alone = [runs_[0].sound_s for scan, runs_ in zip(scans, runs) if scan.engine == "windows"]
        if len(alone) == len(scans):
            yield lay_out(self._recipe).note
        else:
            seconds = ", ".join(f"{sound_s:.3g}" for sound_s in alone)
            yield (
                f"Windows by themselves take long: at the three hops they scanned {seconds} s of the sound. "
                "Their x real time is windows a second times the hop."
            )
        if self._device.type == "cpu" and self._workers < count_cores():
            yield f"Matrix products are measured on all {count_cores()} cores, scans on {self._workers}."
        if self._device.type != "cpu":
            yield "Stages count the processor's time: the device's counts where the processor waits for it."
