"""Benchmark the scan of a model: which cases are measured, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

from detector.benchmark.figures import BenchmarkScan, compare_engines, cost_of_overlap, scan_figures
from detector.benchmark.machine import describe_machine, peak_bytes
from detector.benchmark.products import matrix_product_rate, trunk_multiply_adds
from detector.benchmark.report import BenchmarkReport, BenchmarkSound, MatrixProducts
from detector.benchmark.scans import Case, Run, choose_hops, time_scan
from detector.benchmark.sound import cut_excerpts, make_sound
from detector.benchmark.subject import BenchmarkSubject, find_subject
from detector.cores import count_cores
from detector.device import DeviceName
from detector.errors import ConfigurationError, ParameterError
from detector.place import paths_of
from detector.progress import SILENT, Progress
from detector.scanning.layout import EngineName, lay_out
from detector.scanning.listing import list_recordings
from detector.scanning.scan import one_thread_each
from detector.scanning.setting import Setting
from detector.scanning.trunks import Precision, choose_precision

REPEATS = 3
SOUND_S = 480.0
"""Length of the made sound for each worker, in s: four whole parts, so that no worker waits for another."""


@dataclass(frozen=True)
class BenchmarkRequest:
    """What to measure.

    Attributes
    ----------
    recordings : tuple of Path
        Files and folders; empty for made sound.
    model : str or None
        Name of the model or recipe, as in `find_subject`.
    seconds : float or None
        Length of the made sound, in s; None for `SOUND_S` for each worker.
    device, precision : str
        Device that the network runs on, and number format that its trunk computes in.
    workers : int or None
        Threads that scan; None for one on each core.
    """

    recordings: tuple[Path, ...] = ()
    model: str | None = None
    seconds: float | None = None
    device: DeviceName = "auto"
    precision: Precision = "auto"
    workers: int | None = None


def benchmark(request: BenchmarkRequest, progress: Progress = SILENT) -> BenchmarkReport:
    """Measure the scan of a model.

    After a round that is not counted, all cases are scanned in turn, `REPEATS` times.

    Parameters
    ----------
    request : BenchmarkRequest
        What to measure.
    progress : Progress, optional
        Is informed of each scan.

    Raises
    ------
    ConfigurationError
        If the request is not possible, or none of the recordings can be scanned.
    """
    if request.recordings and request.seconds is not None:
        problem = "is the length of made sound; leave it out where recordings are given"
        raise ParameterError("seconds", request.seconds, problem)
    given = paths_of(list_recordings(request.recordings)) if request.recordings else []
    subject = find_subject(request.model, request.device)
    with TemporaryDirectory(prefix="detector-benchmark-") as folder, one_thread_each():
        return Benchmark(subject, request, Path(folder), progress).report(given)


class Benchmark:
    """A benchmark of one model.

    Parameters
    ----------
    subject : BenchmarkSubject
        The model.
    request : BenchmarkRequest
        What to measure.
    folder : Path
        An existing folder for made sound, excerpts and tables.
    progress : Progress
        Is informed of each scan.
    """

    def __init__(self, subject: BenchmarkSubject, request: BenchmarkRequest, folder: Path, progress: Progress) -> None:
        self._subject = subject
        self._model = subject.model
        self._folder = folder
        self._progress = progress
        self._recipe = subject.model.recipe
        self._device = subject.model.device
        self._precision = choose_precision(request.precision, self._device)
        self._workers = request.workers or count_cores()
        self._seconds = request.seconds or SOUND_S * self._workers
        self._hops = choose_hops(self._recipe)

    def report(self, given: Sequence[Path]) -> BenchmarkReport:
        """Measure on the given recordings, or on made sound where there are none."""
        recordings = given or make_sound(self._folder, self._workers, self._seconds, self._recipe.audio)
        lengths, failed = self._warm_up(recordings)
        peak = peak_bytes()
        cases = list(self._cases(lengths))
        products, runs = self._measure(cases)
        scans = tuple(self._figures(case, case_runs, products[-1].mean) for case, case_runs in zip(cases, runs))
        return BenchmarkReport(
            model=self._subject.name,
            trained=self._subject.trained,
            sample_rate_hz=self._recipe.audio.sample_rate,
            window_s=self._recipe.window.duration,
            precision=self._precision,
            workers=self._workers,
            machine=describe_machine(self._device),
            sound=BenchmarkSound(len(lengths), sum(lengths.values()), made=not given),
            matrix_products=products,
            peak_bytes=peak,
            scans=scans,
            shared_over_windows=compare_engines(scans),
            finest_over_coarsest=cost_of_overlap(scans),
            notes=tuple(self._notes(scans, runs)),
            failed=failed,
        )

    def _warm_up(self, recordings: Sequence[Path]) -> tuple[dict[Path, float], tuple[str, ...]]:
        """Scan once at every hop; return the length in s of each recording that was scanned, and what failed."""
        cases = [self._case(share, recordings) for share in self._hops]
        *_, last = self._time(cases)
        lengths = {recording: length_s for recording, length_s in last.lengths.items() if length_s}
        if not lengths:
            reason = "; ".join(last.failed) or "the recordings are empty"
            raise ConfigurationError(f"nothing could be scanned: {reason}")
        return lengths, last.failed

    def _time(self, cases: Sequence[Case]) -> list[Run]:
        steps = self._progress.through(cases, len(cases), "scan")
        return [time_scan(self._model, case, self._folder) for case in steps]

    def _case(self, share: float, recordings: Iterable[Path], engine: EngineName = "auto") -> Case:
        setting = Setting(self._hops[share], engine=engine, precision=self._precision, workers=self._workers)
        return Case(share, setting, lay_out(self._recipe, setting.hop_s, engine), tuple(recordings))

    def _cases(self, lengths: dict[Path, float]) -> Iterator[Case]:
        """List the cases: the default engine at each hop on all recordings, then the engine "windows" on excerpts.

        At each hop, the excerpts have as many windows as the whole sound has at the coarsest hop.
        """
        yield from (self._case(share, lengths) for share in self._hops)
        if lay_out(self._recipe).engine == "windows":
            return
        whole_s = min(sum(lengths.values()), SOUND_S * self._workers)
        for share, hop_s in self._hops.items():
            advanced_s = whole_s / self._workers * hop_s / max(self._hops.values())
            longest_s = advanced_s + self._recipe.window.duration - hop_s  # the last window reaches beyond its hop
            seconds = min(whole_s, longest_s * self._workers)
            excerpts = cut_excerpts(list(lengths.items()), seconds, longest_s, self._folder / f"{share:g}")
            yield self._case(share, excerpts, "windows")

    def _measure(self, cases: Sequence[Case]) -> tuple[tuple[MatrixProducts, ...], list[list[Run]]]:
        """Scan all cases in turn, `REPEATS` times, and measure matrix products before and after; the runs by case."""
        precisions = list(dict.fromkeys(("float32", self._precision)))
        before = [matrix_product_rate(self._device, precision) for precision in precisions]
        runs = self._time([case for _ in range(REPEATS) for case in cases])
        after = [matrix_product_rate(self._device, precision) for precision in precisions]
        products = (MatrixProducts(*rates, mean(rates[1:])) for rates in zip(precisions, before, after))
        return tuple(products), [runs[n :: len(cases)] for n in range(len(cases))]

    def _figures(self, case: Case, runs: Sequence[Run], rate: float) -> BenchmarkScan:
        return scan_figures(case, runs, trunk_multiply_adds(self._recipe, case.layout), rate)

    def _notes(self, scans: Sequence[BenchmarkScan], runs: Sequence[Sequence[Run]]) -> Iterator[str]:
        if not self._subject.trained:
            yield "The recipe has no weights: measured with seeded random ones, which take the same time."
        by_windows_s = [case_runs[0].sound_s for scan, case_runs in zip(scans, runs) if scan.engine == "windows"]
        if len(by_windows_s) == len(scans):
            yield lay_out(self._recipe).note
        else:
            seconds = ", ".join(f"{sound_s:.3g}" for sound_s in by_windows_s)
            yield (
                f"Windows by themselves take long: at the three hops they scanned {seconds} s of the sound. "
                "Their x real time is windows a second times the hop."
            )
        if self._device.type == "cpu" and self._workers < count_cores():
            yield f"Matrix products are measured on all {count_cores()} cores, scans on {self._workers}."
        if self._device.type != "cpu":
            yield "Stages count the processor's time: the device's counts where the processor waits for it."
