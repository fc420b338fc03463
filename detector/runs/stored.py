"""The stored scores of runs in the place of a scan, for whatever works with raw scores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from detector.errors import ConfigurationError, OutputError, Parameter, fault_of
from detector.place import Named, place_of
from detector.runs.folder import Run, is_run
from detector.runs.scored import check_model, check_scores, grid_of, pass_scores
from detector.runs.sources import open_runs, sources_of, unfinished
from detector.scanning.blocks import Take
from detector.scanning.outcome import Scanned, failed
from detector.scanning.scanner import Advance


class StoredScans:
    """Scans of recordings that runs have done already.

    Parameters
    ----------
    runs : sequence of Run
        Runs of one model, open for reading.
    model : Path
        Folder of the model.
    hop_s : float or None
        The hop that is asked for, s; None for that of the runs.

    Attributes
    ----------
    grid : WindowGrid
        The windows of the scans.
    recordings : list of Place
        The recordings that have results, in order.

    Raises
    ------
    ConfigurationError
        If a run keeps no scores, or its scores are of another model or another hop.
    """

    def __init__(self, runs: Sequence[Run], model: Path, hop_s: float | None = None) -> None:
        self._runs = runs
        for run in runs:
            check_scores(run)
            check_model(run, model)
        self.grid = grid_of(runs[0])
        if hop_s is not None and abs(hop_s - self.grid.hop_s) > 0.5 / self.grid.frame_rate:
            raise ConfigurationError(
                f"{runs[0].folder}: was scanned with a window every {self.grid.hop_s:.4g} s, not {hop_s:g} s; "
                f"leave {Parameter('hop_s')} out, or scan again"
            )
        sources = sources_of(runs)
        self._run_of = {source.recording.name: source.run for source in sources}
        self.recordings = [source.recording for source in sources if source.run.result(source.recording) is not None]

    def notes(self) -> Iterator[str]:
        """Yield a note for each run that is not finished."""
        yield from unfinished(self._runs)

    def scan_all(
        self, recordings: Iterable[Named], take: Take | None = None, advance: Advance | None = None
    ) -> Iterator[Scanned]:
        """Yield the results of recordings; see `Scanner.scan_all`."""
        del advance  # a recording takes a moment
        for recording in map(place_of, recordings):
            run = self._run_of[recording.name]
            result = run.result(recording)
            assert result is not None
            scanned = result.scanned
            try:
                if take is not None:
                    pass_scores(run, result, self.grid, take)
            except OutputError as error:
                scanned = failed(recording, scanned.chronology, fault_of(recording, error))
            yield scanned


def stored_scans(paths: Sequence[Path], model: Path, hop_s: float | None = None) -> StoredScans | None:
    """Open the runs among paths as `StoredScans`; return None if there is none.

    Raises
    ------
    ConfigurationError
        If only some of the paths are runs.
    """
    folders = [path for path in paths if is_run(path)]
    if not folders:
        return None
    if others := [path for path in paths if path not in folders]:
        raise ConfigurationError(f"{folders[0]} is a run, {others[0]} is none; give either runs or recordings")
    return StoredScans(open_runs(folders), model, hop_s)
