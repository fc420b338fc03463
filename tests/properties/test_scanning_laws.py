"""Exactness: how a recording is cut, who scans what, which engine and which runtime: none of it shows in scores."""

from __future__ import annotations

import io
import pickle
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import nn

from detector.errors import RecordingError
from detector.model import Model
from detector.network.geometry import measure
from detector.presets import find_recipe, list_presets
from detector.progress import SILENT
from detector.recipe import Recipe
from detector.scanning import parts, plan
from detector.scanning.blocks import ScoreBlock
from detector.scanning.layout import EngineName
from detector.scanning.outcome import Scanned
from detector.scanning.parts import PartScorer, PartScores
from detector.scanning.plan import Part
from detector.scanning.progress import ScanProgress
from detector.scanning.results import Results
from detector.scanning.scan import scan_each
from detector.scanning.scanner import Scanner
from detector.scanning.setting import Setting
from detector.scanning.trunks import TorchTrunk
from detector.tables.csv_rows import CsvRows
from detector.tables.csv_table import SCORE_COLUMNS, CsvWriter
from detector.tables.effort import EffortWriter
from detector.tables.sink import Sink
from tests.made import FRONTENDS, MEL, RATE, TONES, draw_calls, recipe, sound, write_sound
from tests.scans import detected, event_rules_of

Samples = NDArray[np.float32]
Scores = NDArray[np.float64]

LARGEST = 5e7  # parameters of a preset that is built here
AGREE = 1e-4  # in score, between engines and between runtimes

CONV1D = {"kind": "conv1d", "filters": 6, "kernel": 3}
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {  # front end, network; slow means forget within seconds
    "grid": (FRONTENDS["mel"], {"grid": {"size": [3, 3], "kind": "max"}}),
    "recurrent": (
        MEL | {"scaling": {"kind": "pcen", "time_constant": 0.05}},
        {"stage": [CONV1D | {"stride": 2}, CONV1D | {"residual": True}], "recurrent": {"units": 4}},
    ),
    "frames": (
        MEL | {"background": 0.05},
        {"stage": [CONV1D | {"pool": {"size": 3}}], "dense": {"units": [4], "per": "frame"}},
    ),
    "waveform": (FRONTENDS["waveform"], {"stage": [CONV1D | {"kernel": 64, "stride": 32, "norm": "batch"}]}),
    "constant-Q": (FRONTENDS["cqt"] | {"n_bands": 12, "fmin": 800}, {}),
}
few = settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Keep torch to one thread: networks this small only wait for the others."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def part_of(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make parts as long as this, however long windows are and slow means take."""
    for name, most in (("PART_S", seconds), ("PART_WINDOWS", 1e-9), ("PART_SETTLED", 1e-9)):
        monkeypatch.setattr(plan, name, most)


def heard(seconds: float, seed: int = 0, rate: int = RATE, n_channels: int = 1) -> Samples:
    """Make noise with calls, others in each channel: (sample, channel)."""
    seeds = range(seed, seed + n_channels)
    return np.stack([sound(seconds, draw_calls(seconds, tuple(TONES), n), n, rate=rate) for n in seeds], axis=1)


def seeded(made: Recipe) -> Model:
    """Make a model with statistics as training leaves them, every band and channel at its level; its scores differ."""
    torch.manual_seed(1)
    model = Model(made.with_labels(tuple(TONES)))
    rate = made.audio.sample_rate
    with torch.no_grad():
        frames, _ = model.scale(model.power(torch.from_numpy(heard(2 + made.window.duration, 9, rate)).T))
        model.scale.set_statistics(frames.mean(dim=(0, 2)), frames.std(dim=(0, 2)) * (0.5 + torch.rand(made.n_bands)))
        frames = (frames - model.scale.mean) / model.scale.deviation
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = 1.0
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(0, 0.3)
        windows = frames.unfold(-1, made.window_frames, made.window_frames // 2)[0].transpose(0, 1)[:2]
        logits = model.train().network(windows.contiguous())
        output = model.network.head.dense[-1]
        output.weight.mul_(1.5 / logits.std())
        output.bias.sub_(logits.mean() * 1.5 / logits.std())
    return model.eval()


@cache
def small(kind: str, channel: str = "mix") -> Model:
    frontend, network = KINDS[kind]
    content = recipe("waveform" if kind == "waveform" else "mel", audio={"channel": channel}).model_dump()
    return seeded(Recipe.model_validate(content | {"frontend": frontend, "network": content["network"] | network}))


def scored(model: Model, path: Path, setting: Setting | None = None) -> tuple[Scanned, Scores]:
    """Scan one recording; give its scores (point, channel, label) too."""
    blocks: list[Scores] = []

    def keep(block: ScoreBlock) -> None:
        blocks.append(np.stack(list(block.scores.values()), axis=1))

    scanned = detected(model, path, setting, take=keep)
    return scanned, np.concatenate(blocks)


def times(scanned: Scanned) -> list[tuple[float, float]]:
    return [event.span for _, event in scanned.detections]


def assert_agree(one: Scores, other: Scores, most: float = AGREE) -> None:
    assert one.shape == other.shape
    assert np.abs(one - other).max() <= most


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Write recordings of several parts, in four codings, at five rates, of one to three channels, whole and broken."""
    folder = tmp_path_factory.mktemp("recordings")
    shapes = {
        "eleven.wav": (11025, 3.3, 3),
        "fast.flac": (44100, 2.6, 1),
        "plain.wav": (RATE, 4.0, 1),
        "short.wav": (RATE, 0.1, 1),
        "slow.mp3": (16000, 2.9, 1),
        "two.ogg": (RATE, 2.7, 2),
    }
    for n, (name, (rate, seconds, n_channels)) in enumerate(shapes.items()):
        soundfile.write(folder / name, heard(seconds, n, rate, n_channels), rate)
    (folder / "cut.flac").write_bytes((folder / "fast.flac").read_bytes()[:120_000])
    (folder / "none.wav").touch()
    return sorted(folder.iterdir())


def tables(paths: Sequence[Path], model: Model, setting: Setting) -> list[str]:
    """Scan into tables of detections, scores and effort."""
    streams = [io.StringIO() for _ in range(3)]
    detections, scores, effort = (Sink(stream, "a table") for stream in streams)
    columns = (*SCORE_COLUMNS, *model.labels)
    results = Results(CsvWriter(detections), CsvRows(scores, columns), EffortWriter(effort))
    with ScanProgress(SILENT, len(paths)) as progress:
        scanner = Scanner(model, setting)
        scan_each(paths, scanner, event_rules_of(model, scanner, 0.5), results, progress)
    return [stream.getvalue() for stream in streams]


WHOLE: dict[str, list[str]] = {}


@pytest.mark.parametrize("kind", KINDS)
@few
@given(block_s=st.floats(0.02, 3.0), workers=st.sampled_from([1, 2, 3, 5]), order=st.permutations(range(8)))
def test_blocks_workers_and_order_change_no_byte_of_any_table(
    recordings: list[Path], monkeypatch: pytest.MonkeyPatch, kind: str, block_s: float, workers: int, order: list[int]
) -> None:
    part_of(0.8, monkeypatch)
    model = small(kind, "each")
    if kind not in WHOLE:
        WHOLE[kind] = tables(recordings, model, Setting())
        assert min(len(table.splitlines()) for table in WHOLE[kind]) > 3
    found = tables([recordings[n] for n in order], model, Setting(block_s=block_s, workers=workers))
    for table, whole in zip(found, WHOLE[kind]):
        header, *rows = whole.splitlines(keepends=True)
        of = [[row for row in rows if row.startswith(f"{path.as_posix()},")] for path in recordings]
        assert table == header + "".join(row for n in order for row in of[n])


@pytest.mark.parametrize("kind", KINDS)
def test_a_part_scanned_alone_and_elsewhere_gives_the_bytes_that_it_gives_among_its_neighbours(
    recordings: list[Path], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    part_of(0.8, monkeypatch)
    model = small(kind, "each")
    known: dict[Part, PartScores] = {}
    score = PartScorer.score

    def watched(scorer: PartScorer, part: Part, *rest: Any) -> PartScores:
        known[part] = score(scorer, part, *rest)
        return known[part]

    monkeypatch.setattr(PartScorer, "score", watched)
    scanner = Scanner(model, Setting(workers=3))
    list(scanner.scan_all(recordings))
    assert len(known) > 20
    for part, expected in known.items():
        alone = score(PartScorer(model, scanner.layout, "float32", 1.3), pickle.loads(pickle.dumps(part)))
        assert np.array_equal(alone.scores, expected.scores)
        assert (alone.ended, alone.facts) == (expected.ended, expected.facts)


class Elsewhere:
    """An executor that does nothing here: what goes out and comes back is copied as it would be between machines."""

    def in_order(
        self, items: Iterable[Any], work: Callable[[Any, Callable[[], None]], Any]
    ) -> Iterator[tuple[Any, Any]]:
        for item in items:
            try:
                yield item, pickle.loads(pickle.dumps(work(pickle.loads(pickle.dumps(item)), lambda: None)))
            except RecordingError as error:
                yield item, error


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_executes_a_scan_the_scores_and_the_outcome_are_the_same(
    recordings: list[Path], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    part_of(0.8, monkeypatch)
    scanner = Scanner(small(kind, "each"), Setting(workers=2))
    here: list[ScoreBlock] = []
    there: list[ScoreBlock] = []
    scanned = list(scanner.scan_all(recordings, here.append))
    assert list(scanner.scan_with(Elsewhere(), recordings, there.append)) == scanned
    assert len(here) == len(there) > 20
    for block, other in zip(here, there):
        assert (block.recording, block.first, block.heard_s) == (other.recording, other.first, other.heard_s)
        assert all(np.array_equal(block.scores[channel], other.scores[channel]) for channel in block.scores)


@pytest.mark.parametrize("kind", KINDS)
def test_one_part_or_many_show_in_nothing_but_rounding(
    recordings: list[Path], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    model = small(kind, "each")
    for path in (path for path in recordings if path.name != "none.wav"):
        part_of(1000.0, monkeypatch)
        whole, scores = scored(model, path)
        part_of(0.8, monkeypatch)
        cut, rows = scored(model, path)
        assert_agree(scores, rows, 1e-5)
        assert whole.effort == cut.effort
        assert np.array(times(cut)) == pytest.approx(np.array(times(whole)), abs=1e-4)


PRESETS = [name for name in list_presets() if measure(find_recipe(name)).parameters <= LARGEST]


@pytest.fixture(scope="module", params=PRESETS)
def preset(request: pytest.FixtureRequest) -> Model:
    return seeded(find_recipe(request.param))


def takes_long(model: Model) -> bool:
    return model.network.geometry.multiply_adds > 1e9


@pytest.fixture(params=[None, 0.03], ids=["default hop", "short hop"])
def hop_s(request: pytest.FixtureRequest, preset: Model) -> float:
    """Give the preset's own hop, and one of 3 % of the window, as far as windows can share."""
    share = request.param
    return Scanner(preset, Setting(share and share * preset.recipe.window.duration)).layout.grid.hop_s


@pytest.fixture
def sounds(data: Path, tmp_path: Path, preset: Model) -> list[Path]:
    """Write the beginning of a field recording, and made noise at the preset's rate, some hops longer than a window.

    A network that takes long gets less of it.
    """
    seconds, rate = (
        preset.recipe.window.duration + (0.35 if takes_long(preset) else 1.2),
        preset.recipe.audio.sample_rate,
    )
    owl = next((data / "boobook" / "positive").glob("*.flac"))
    samples, owl_rate = soundfile.read(owl, frames=round(seconds * 24000), dtype="float32")
    field = write_sound(tmp_path / "field.wav", samples, owl_rate)
    return (
        [field] if takes_long(preset) else [field, write_sound(tmp_path / "noise.wav", heard(seconds, 3, rate), rate)]
    )


def by(engine: EngineName, model: Model, path: Path, hop_s: float | None = None) -> Scores:
    return scored(model, path, Setting(hop_s, engine=engine))[1]


def in_torch(model: Model, path: Path, hop_s: float | None = None) -> Scores:
    """Score with one pass of the trunk, in torch."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "trunk_runner", lambda model, step, precision, _: TorchTrunk(model, step, precision))
        return by("shared", model, path, hop_s)


def test_engines_and_runtimes_agree_for_every_preset_on_noise_and_in_the_field(
    preset: Model, hop_s: float, sounds: list[Path]
) -> None:
    for path in sounds:
        shared = by("shared", preset, path, hop_s)
        assert_agree(shared, by("windows", preset, path, hop_s))
        assert_agree(shared, in_torch(preset, path, hop_s))
        assert np.ptp(shared) > 0.01


def test_engines_and_runtimes_agree_on_recordings_no_longer_than_a_window(preset: Model, tmp_path: Path) -> None:
    rate, length = preset.recipe.audio.sample_rate, preset.recipe.window_frames * preset.recipe.hop_length
    for n_samples in (1,) if takes_long(preset) else (1, length // 3, length):
        path = write_sound(tmp_path / f"{n_samples}.wav", heard(length / rate, 5, rate)[:n_samples], rate)
        shared = by("shared", preset, path)
        assert_agree(shared, by("windows", preset, path))
        assert_agree(shared, in_torch(preset, path))
        assert preset.recipe.network.dense.per == "frame" or len(shared) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.04, 0.2, 0.6, 1.0])
def test_engines_agree_over_many_parts_at_every_hop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, share: float
) -> None:
    part_of(0.8, monkeypatch)
    model = small(kind)
    path, grid = write_sound(tmp_path / "a.wav", heard(4.7, 4, 11025, 3), 11025), Scanner(model).layout.grid
    longest = grid.length if grid.columns is None else grid.columns.number * grid.columns.step
    hop_s = Scanner(model, Setting(share * longest / grid.frame_rate)).layout.grid.hop_s
    assert_agree(by("shared", model, path, hop_s), by("windows", model, path, hop_s))


@pytest.mark.parametrize("kind", KINDS)
def test_a_recording_that_begins_a_hop_later_has_its_scores_a_hop_earlier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    part_of(1.1, monkeypatch)
    model = small(kind)
    grid, settled = Scanner(model).layout.grid, model.scale.settled + model.power.lead // model.power.hop_length + 1
    sound = heard(7.0, 2)
    one = scored(model, write_sound(tmp_path / "one.wav", sound))[1]
    two = scored(model, write_sound(tmp_path / "two.wav", sound[grid.hop * model.recipe.hop_length :]))[1]
    shift, per_point = (grid.hop // grid.columns.step, grid.columns.step) if grid.columns else (1, grid.hop)
    late = -(-settled // per_point) + (0 if grid.columns is None else grid.columns.number)
    assert len(two) == len(one) - shift > late + 8
    assert_agree(two[late:], one[late + shift :])
    assert not np.allclose(two[late:], one[late:-shift], atol=10 * AGREE)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("claimed", [None, 0, 0xFFFFFFFF, 10**6])
def test_what_a_header_claims_beyond_the_samples_shows_in_no_score(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, claimed: int | None
) -> None:
    part_of(0.8, monkeypatch)
    model, sound = small(kind), heard(5.0, 6, 11025)
    content = write_sound(tmp_path / "a.wav", sound, 11025).read_bytes()
    at = content.index(b"data")
    for n_samples in (100, 20_001, 41_000):
        size = content[at + 4 : at + 8] if claimed is None else struct.pack("<I", claimed)
        broken = tmp_path / "broken.wav"
        broken.write_bytes(content[: at + 4] + size + content[at + 8 : at + 8 + 4 * n_samples])
        expected, scores = scored(model, write_sound(tmp_path / "sound.wav", sound[:n_samples], 11025))
        found, others = scored(model, broken)
        assert_agree(others, scores, 1e-5)
        assert np.array(times(found)) == pytest.approx(np.array(times(expected)), abs=1e-4)
        assert found.scanned_s == expected.scanned_s
        assert found.remarks


@pytest.mark.parametrize("share", [0.125, 1.0])
def test_damage_ends_a_recording_at_the_same_place_wherever_its_parts_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    model, path = seeded(recipe(window={"duration": 1.0})), tmp_path / "a.flac"
    setting = Setting(share * model.recipe.window_frames / model.recipe.frame_rate)
    soundfile.write(path, heard(12.0, 7), RATE)
    content = path.read_bytes()
    junk = np.random.default_rng(0).integers(0, 256, 200, dtype=np.uint8).tobytes()
    for at in range(len(content) // 5, len(content), len(content) // 30):
        path.write_bytes(content[:at] + junk + content[at + 200 :])
        part_of(1000.0, monkeypatch)
        whole, scores = scored(model, path, setting)
        part_of(0.9, monkeypatch)
        cut, rows = scored(model, path, setting)
        assert (cut.scanned_s, cut.effort[0].status) == (whole.scanned_s, whole.effort[0].status)
        assert_agree(rows, scores, 1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rate", [RATE, 11025])
def test_samples_that_are_no_numbers_are_counted_once_in_however_many_parts_they_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, rate: int
) -> None:
    model, samples = small(kind), heard(5.0, 6, rate)
    bad = np.random.default_rng(0).choice(len(samples), 700, replace=False)
    samples[[0, len(samples) - 1, *bad]] = np.nan
    path, n_bad = write_sound(tmp_path / "a.wav", samples, rate), int(np.isnan(samples).sum())
    for seconds in (0.3, 0.8, 1000.0):
        part_of(seconds, monkeypatch)
        (effort,) = scored(model, path)[0].effort
        assert effort.detail.startswith(f"{n_bad} samples are not finite")


@pytest.mark.parametrize(
    "frontend", [MEL | {"n_fft": 64, "hop_length": 64}, {"kind": "cqt", "fmin": 800, "n_bands": 4}]
)
def test_no_sample_lies_between_parts_though_frames_leave_gaps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frontend: dict[str, Any]
) -> None:
    content = recipe().model_dump() | {"frontend": {"hop_length": 1000} | frontend}
    model = seeded(Recipe.model_validate(content | {"network": {"stage": [{"filters": 2, "kernel": 1}]}}))
    samples = heard(5.0, 6)
    samples[:] = np.nan
    path = write_sound(tmp_path / "a.wav", samples)
    part_of(0.8, monkeypatch)
    (effort,) = scored(model, path, Setting(model.recipe.window.duration))[0].effort
    assert effort.detail.startswith("40000 samples are not finite")
    assert effort.detail.endswith("; silent")
