"""Laws of scanning: windows cover every sample, and how a recording is read or cut into blocks changes no byte."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector.model import Model
from detector.progress import SILENT
from detector.recipe import parse_recipe
from detector.scanning.cuts import apart
from detector.scanning.layout import lay_out
from detector.scanning.peak_finder import PeakFinder
from detector.scanning.peaks import PeakRule
from detector.scanning.progress import ScanProgress
from detector.scanning.results import Results
from detector.scanning.scan import scan_each
from detector.scanning.scanner import Scanner
from detector.scanning.setting import Setting
from detector.scanning.spans import ColumnReading, WindowReading
from detector.scanning.windows import Columns, Points, WindowGrid, nearest_hop
from detector.tables.csv_rows import CsvRows
from detector.tables.csv_table import SCORE_COLUMNS, CsvWriter
from detector.tables.sink import Sink
from tests.scans import event_rules_of

RATE = 8000
FEW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(n_frames=st.integers(1, 5000), length=st.integers(1, 300), step=st.integers(1, 16), asked=st.floats(0.01, 400))
def test_windows_cover_every_frame_and_none_is_in_vain(n_frames: int, length: int, step: int, asked: float) -> None:
    hop = nearest_hop(min(asked, length), step, length)
    grid = WindowGrid(0, hop, length, 100.0)
    starts = np.arange(grid.count(n_frames)) * hop
    covered = np.zeros(n_frames, dtype=bool)
    for start in starts:
        covered[start : start + length] = True
    assert covered.all()
    assert len(starts) == 1 or starts[-2] + length < n_frames


@st.composite
def frame_grids(draw: st.DrawFn) -> WindowGrid:
    number, step = draw(st.integers(1, 40)), draw(st.integers(1, 16))
    field = draw(st.integers(1, 60))
    columns = Columns(number, step, (field - 1) / 2)
    hop = draw(st.integers(1, number)) * step
    return WindowGrid(-round(columns.centre), hop, (number - 1) * step + field, 100.0, columns)


@given(grid=frame_grids(), n_frames=st.floats(0.01, 5000))
def test_columns_cover_every_sample_and_windows_every_column(grid: WindowGrid, n_frames: float) -> None:
    assert grid.columns is not None
    n_columns, points, seconds = grid.count_columns(n_frames), grid.points, n_frames / grid.frame_rate
    assert points.span(0)[0] <= 0 <= points.span(0)[1]
    assert points.span(n_columns - 1)[1] >= seconds - 1e-6
    assert n_columns == 1 or points.span(n_columns - 1)[0] < seconds
    windows = np.arange(grid.count(int(np.ceil(n_frames)))) * (grid.hop // grid.columns.step)
    covered = {int(first) + column for first in windows for column in range(grid.columns.number)}
    assert covered >= set(range(n_columns))


@given(
    seed=st.integers(0, 10**6),
    threshold=st.floats(0.01, 0.99),
    typical=st.none() | st.floats(0.01, 9),
    overlap=st.sampled_from([0.2, 0.5, 0.8, 1.0]),
)
def test_events_lie_in_the_recording_in_order_and_apart(
    seed: int, threshold: float, typical: float | None, overlap: float
) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.uniform(size=(rng.integers(1, 40), 1))
    windows, columns = Points(1.5, 0.5, 1.5), Points(0.0, 0.5, 0.25)
    seconds = (len(scores) - 1) * 0.5 + rng.uniform(1e-6, 0.5)
    for points, reading in (
        (windows, WindowReading(windows, len(scores), seconds + (2.5 if len(scores) > 1 else 0), overlap)),
        (columns, ColumnReading(columns, len(scores), seconds)),
    ):
        finder = PeakFinder([PeakRule(threshold, 0.5, 0.2)], points)
        finder.push(scores)
        spans = apart([(*reading.span(peak, typical), peak.score) for peak in finder.finish()])
        times = [time for start_s, end_s, _ in spans for time in (start_s, end_s)]
        assert times == sorted(times)
        assert not times or (times[0] >= 0 and times[-1] <= reading.seconds)
        assert (len(spans) > 0) == (scores.max() >= threshold)
        assert max((score for *_, score in spans), default=None) == (scores.max() if spans else None)


NETWORKS = {
    "conv2d": ("linear", "stage = [{filters=3, kernel=3, pool={size=2}}]\ngrid={size=[2, 2]}\ndense={units=[4]}"),
    "waveform": ("waveform", 'stage = [{kind="conv1d", filters=3, kernel=60, stride=20}]\ndense={units=[]}'),
    "crnn": ("linear", 'stage = [{kind="conv1d", filters=4, kernel=3}]\nrecurrent={units=4}\ndense={units=[]}'),
    "pcen": ("pcen", "stage = [{filters=3, kernel=5, pool={size=2}}]\ndense={units=[]}"),
    "frame": ("pcen", 'stage = [{kind="conv1d", filters=4, kernel=4, stride=2}]\ndense={units=[], per="frame"}'),
}


def model_of(kind: str) -> Model:
    frontend, network = NETWORKS[kind]
    scaling = "pcen" if frontend == "pcen" else "db"
    bands = f'n_fft=128, hop_length=64, fmin=500, fmax=3500, scaling="{scaling}"'
    spec = 'kind="waveform"' if frontend == "waveform" else f'kind="linear", {bands}'
    recipe = parse_recipe(
        f'audio={{sample_rate={RATE}, channel="each"}}\nwindow={{duration=0.4}}\nfrontend={{{spec}}}\n'
        f'labels={{names=["a", "b"]}}\n[network]\n{network}',
        "test",
    )
    torch.manual_seed(1)
    return Model(recipe).eval()


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Keep torch to one thread: networks this small only wait for the others."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Noise of several lengths, rates, formats and numbers of channels."""
    folder, rng = tmp_path_factory.mktemp("recordings"), np.random.default_rng(0)
    shapes = {
        "a.wav": (8000, 16000, 2),
        "b.flac": (11025, 30000, 1),
        "c.wav": (8000, 100, 1),
        "d.ogg": (16000, 20000, 1),
    }
    for name, (rate, n, channels) in shapes.items():
        soundfile.write(folder / name, rng.normal(0, 0.1, (n, channels)) * np.sin(np.arange(n) / 999)[:, None], rate)
    return sorted(folder.iterdir())


def tables(recordings: list[Path], model: Model, block_s: float = 10.0, hop: float | None = None) -> tuple[str, str]:
    detections, scores = io.StringIO(), io.StringIO()
    results = Results(CsvWriter(Sink(detections, "d")), CsvRows(Sink(scores, "s"), SCORE_COLUMNS))
    with ScanProgress(SILENT, len(recordings)) as progress:
        scanner = Scanner(model, Setting(hop, block_s=block_s))
        scan_each(recordings, scanner, event_rules_of(model, scanner, 0.5), results, progress)
    return detections.getvalue(), scores.getvalue()


WHOLE: dict[str, tuple[str, str]] = {}
ALONE: list[tuple[str, str]] = []


@pytest.mark.parametrize("kind", NETWORKS)
@FEW
@given(block_s=st.floats(0.02, 3.0))
def test_the_block_size_changes_no_byte(recordings: list[Path], kind: str, block_s: float) -> None:
    model = model_of(kind)
    if kind not in WHOLE:
        WHOLE[kind] = tables(recordings, model)
        assert len(WHOLE[kind][1].splitlines()) > 20
    assert tables(recordings, model, block_s) == WHOLE[kind]


@FEW
@given(order=st.permutations(range(4)))
def test_a_recording_s_rows_do_not_depend_on_what_was_scanned_before(recordings: list[Path], order: list[int]) -> None:
    model = model_of("pcen")
    if not ALONE:
        ALONE.extend(tables([recording], model) for recording in recordings)
    for n, header in enumerate(tables([], model)):
        rows = "".join(ALONE[place][n].removeprefix(header) for place in order)
        assert tables([recordings[place] for place in order], model)[n] == header + rows


@FEW
@given(hop=st.floats(0.001, 0.35))
def test_any_hop_covers_the_recording(recordings: list[Path], hop: float) -> None:
    for kind in ("conv2d", "frame"):
        model = model_of(kind)
        grid = lay_out(model.recipe, hop).grid
        rows = [row.split(",") for row in tables(recordings[2:3], model, hop=hop)[1].splitlines()[1:]]
        spans = [(float(row[2]), float(row[3])) for row in rows]
        assert spans[0][0] == 0
        assert spans[-1][1] >= 100 / RATE - 0.001
        assert all(end >= start for (_, end), (start, _) in pairwise(spans))
        assert grid.hop % (1 if grid.columns is None else grid.columns.step) == 0
