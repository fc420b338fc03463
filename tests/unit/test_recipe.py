"""The recipe: what it refuses and how it says so, what follows from it, and that it reads back equal."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from detector.errors import ConfigurationError
from detector.presets import find_recipe
from detector.recipe import (
    ConstantQ,
    FrontEnd,
    Linear,
    Mel,
    Network,
    Pcen,
    Recipe,
    Stage,
    Waveform,
    heard_hz,
    parse_recipe,
    read_recipe,
)

STAGE = "[network]\nstage = [{ filters = 3 }]\n"


def faults(text: str) -> list[str]:
    """Give the lines of the error, without the source that each begins with."""
    with pytest.raises(ConfigurationError) as caught:
        parse_recipe(text, "my.toml")
    lines = str(caught.value).splitlines()
    assert all(line.startswith("my.toml: ") for line in lines)
    return [line.removeprefix("my.toml: ") for line in lines]


def recipe(text: str = "") -> Recipe:
    return parse_recipe(text if "[network]" in text else text + "\n" + STAGE, "my.toml")


FAULTS = {
    "audio.sample_rate: 50: must be at least 100": "[audio]\nsample_rate = 50",
    "audio.sample_rate: 2000001: must be at most 2000000": "[audio]\nsample_rate = 2000001",
    "audio.sample_rate: 24000.5: must be an integer": "[audio]\nsample_rate = 24000.5",
    "audio.channel: 'left': must be 'mix' or 'each' or an integer": '[audio]\nchannel = "left"',
    "audio.channel: -1: must be 'mix' or 'each' or at least 0": "[audio]\nchannel = -1",
    "window.duration: 0: must be above 0": "[window]\nduration = 0",
    "window.duration: 3601: must be at most 3600": "[window]\nduration = 3601",
    "window.duration: nan: must be a finite number": "[window]\nduration = nan",
    "window.durations: 3 is not a key of this table": "[window]\ndurations = 3",
    "windows: {'duration': 3} is not a key of this table": "[windows]\nduration = 3",
    "linear: {'a': 3} is not a key of this table": "[linear]\na = 3",
    "frontend.kind: is missing: must be one of mel, linear, cqt, waveform": "[frontend]\nn_fft = 512",
    "frontend.kind: 'mal': must be one of mel, linear, cqt, waveform": '[frontend]\nkind = "mal"',
    "frontend.n_fft: 3: must be at least 16": '[frontend]\nkind = "mel"\nn_fft = 3',
    "frontend.n_bands: 1: must be at least 2": '[frontend]\nkind = "cqt"\nn_bands = 1',
    "frontend.none: 3 is not a key of this table": '[frontend]\nkind = "mel"\nnone = 3',
    "frontend.scaling.kind: 'loud': must be one of db, pcen, none": '[frontend]\nkind = "mel"\nscaling = "loud"',
    "frontend.scaling.gain: 9: must be at most 2": '[frontend]\nkind = "mel"\nscaling = { kind = "pcen", gain = 9 }',
    "frontend.scaling.bias: inf: must be a finite number": (
        '[frontend]\nkind = "mel"\nscaling = { kind = "pcen", bias = inf }'
    ),
    "frontend.scaling.floors: 2 is not a key of this table": (
        '[frontend]\nkind = "linear"\nscaling = { kind = "db", floors = 2 }'
    ),
    "frontend.background: -1: must be above 0": '[frontend]\nkind = "mel"\nbackground = -1',
    "training.learning_rate: 2: must be at most 1": "[training]\nlearning_rate = 2",
    "training.mix: 1.5: must be at most 1": "[training]\nmix = 1.5",
    "training.epochs: True: must be an integer": "[training]\nepochs = true",
    "labels.names.1: '': must be a text of at least 1 character": '[labels]\nnames = ["a", ""]',
    "labels.names: 'boobook': must be a list": '[labels]\nnames = "boobook"',
    "labels.overlap: 0: must be above 0": "[labels]\noverlap = 0",
}


@pytest.mark.parametrize("line", FAULTS)
def test_a_fault_names_its_dotted_path_the_value_and_what_is_allowed(line: str) -> None:
    assert faults(f"{FAULTS[line]}\n{STAGE}") == [line]


STAGE_FAULTS = {
    "network.stage.0.filters: is missing": "{}",
    "network.stage.0.filters: 0: must be at least 1": "{ filters = 0 }",
    "network.stage.0.kernel: 'a': must be an integer or a list": '{ filters = 1, kernel = "a" }',
    "network.stage.0.kernel.1: 0: must be at least 1": "{ filters = 1, kernel = [3, 0] }",
    "network.stage.0.kernel: [1, 2, 3]: must be an integer or a list of at most 2 items, not 3": (
        "{ filters = 1, kernel = [1, 2, 3] }"
    ),
    "network.stage.0.pool.size: -2: must be at least 1 or a list": "{ filters = 1, pool = { size = -2 } }",
    "network.stage.0.pool.kind: 'median': must be 'max' or 'mean'": '{ filters = 1, pool = { kind = "median" } }',
    "network.stage.0.dropout: 1: must be below 1": "{ filters = 1, dropout = 1 }",
    "network.stage.0.norm: 'layer': must be 'none' or 'batch'": '{ filters = 1, norm = "layer" }',
}


@pytest.mark.parametrize("line", STAGE_FAULTS)
def test_a_fault_in_a_stage_says_which_stage(line: str) -> None:
    assert faults(f"[network]\nstage = [{STAGE_FAULTS[line]}]") == [line]


def test_a_recipe_without_a_network_says_what_is_missing() -> None:
    assert faults("[audio]\n") == ["network: is missing"]


def test_all_faults_are_listed_at_once() -> None:
    text = """
    [audio]
    sample_rate = 1
    [window]
    duration = -1
    length = 2
    [frontend]
    kind = "mal"
    [network]
    stage = [{ filters = 0 }, { kind = "conv3d", filters = 1 }]
    """
    assert {line.split(":")[0] for line in faults(text)} == {
        "audio.sample_rate",
        "window.duration",
        "window.length",
        "frontend.kind",
        "network.stage.0.filters",
        "network.stage.1.kind",
    }


SECTIONS_DISAGREE = {
    "frontend.background: 2.0 needs": '[frontend]\nkind = "mel"\nbackground = 2.0\nscaling = "pcen"',
    "frontend.fmin: 0.0 must be above 0": '[frontend]\nkind = "cqt"\nfmin = 0',
    "frontend.n_bands: 120 bands from 50 Hz reach 48326 Hz": '[frontend]\nkind = "cqt"\nn_bands = 120',
    "frontend.fmax: 12001 must be at most 12000": '[frontend]\nkind = "mel"\nfmax = 12001',
    "frontend.fmin: 800 must be below frontend.fmax (800)": '[frontend]\nkind = "linear"\nfmin = 800\nfmax = 800',
    "frontend.fmin: 12000 must be below frontend.fmax (12000)": '[frontend]\nkind = "mel"\nfmin = 12000',
    "frontend.fmax: 20 leaves no Fourier bin": '[frontend]\nkind = "linear"\nfmin = 10\nfmax = 20',
    "frontend.hop_length: 1025 must be at most frontend.n_fft (1024)": '[frontend]\nkind = "mel"\nhop_length = 1025',
    "network.stage: is empty": "[network]\nstage = []",
    'network.stage.1.kind: "conv2d" cannot follow "conv1d"': (
        '[network]\nstage = [{ kind = "conv1d", filters = 1 }, { filters = 1 }]'
    ),
    'network.stage.0.kind: "conv2d" needs bands': '[frontend]\nkind = "waveform"',
    "network.stage.0.kernel: [3, 3] must be one number for conv1d": (
        '[network]\nstage = [{ kind = "conv1d", filters = 1, kernel = [3, 3] }]'
    ),
    "network.stage.0.stride: [1, 2] must be one number for conv1d": (
        '[network]\nstage = [{ kind = "conv1d", filters = 1, stride = [1, 2] }]'
    ),
    "network.stage.0.pool.size: [1, 2] must be one number for conv1d": (
        '[network]\nstage = [{ kind = "conv1d", filters = 1, pool = { size = [1, 2] } }]'
    ),
    "network.stage.0.pool.stride: [1, 2] must be one number for conv1d": (
        '[network]\nstage = [{ kind = "conv1d", filters = 1, pool = { stride = [1, 2] } }]'
    ),
    "network.position: true needs a first stage": (
        '[network]\nposition = true\nstage = [{ kind = "conv1d", filters = 1 }]'
    ),
    "network.grid: a fixed grid keeps no frames": (
        '[network]\nstage = [{ filters = 1 }]\ngrid = {}\ndense = { per = "frame" }'
    ),
    'labels.background: true needs network.dense.output = "softmax"': "[labels]\nbackground = true",
    "labels.names: a softmax over one label": (
        '[labels]\nnames = ["a"]\n[network]\nstage = [{ filters = 1 }]\ndense = { output = "softmax" }'
    ),
    'labels.onsets: true needs network.dense.per = "frame"': "[labels]\nonsets = true",
    'labels.onsets: true needs network.dense.output = "sigmoid"': (
        '[labels]\nnames = ["a", "b"]\nonsets = true\n'
        '[network]\nstage = [{ filters = 1 }]\ndense = { output = "softmax", per = "frame" }'
    ),
    "labels.names: ['a (onset)'] is the name of an onset output": (
        '[labels]\nnames = ["a", "a (onset)"]\nonsets = true\n'
        '[network]\nstage = [{ filters = 1 }]\ndense = { per = "frame" }'
    ),
    "labels.names: ['a', 'b', 'a'] names a label twice": '[labels]\nnames = ["a", "b", "a"]',
}


@pytest.mark.parametrize("line", SECTIONS_DISAGREE)
def test_what_one_section_asks_of_another_is_checked(line: str) -> None:
    text = SECTIONS_DISAGREE[line]
    found = faults(text if "[network]" in text else f"{text}\n{STAGE}")
    assert len(found) == 1
    assert found[0].startswith(line)


@pytest.mark.parametrize(
    "text",
    [
        '[frontend]\nkind = "mel"\nbackground = 2.0\nscaling = "db"',
        '[frontend]\nkind = "cqt"\nn_bands = 84',
        '[frontend]\nkind = "mel"\nfmax = 12000\nhop_length = 1024',
        '[frontend]\nkind = "waveform"\n[network]\nstage = [{ kind = "conv1d", filters = 1 }]',
        f'{STAGE}dense = {{ output = "softmax" }}\n[labels]\nbackground = true\nnames = ["a"]',
        '[network]\nstage = [{ filters = 1 }, { kind = "conv1d", filters = 1 }]',
    ],
)
def test_what_agrees_is_let_through(text: str) -> None:
    assert isinstance(recipe(text), Recipe)


def test_both_halves_of_the_check_report_together() -> None:
    found = faults(
        '[frontend]\nkind = "mel"\nfmax = 20000\n[network]\nposition = true\nstage = [{ kind = "conv1d", filters = 1 }]'
    )
    assert [line.split(":")[0] for line in found] == ["frontend.fmax", "network.position"]


def test_text_that_is_no_toml_is_refused_with_its_place() -> None:
    assert re.match(r"not TOML: .*line 2", faults("[audio]\nsample_rate =\n")[0])


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(str(tmp_path / "none.toml"))):
        read_recipe(tmp_path / "none.toml")
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match=re.escape(str(binary))):
        read_recipe(binary)


def test_scaling_by_name_is_scaling_with_its_defaults() -> None:
    by_name = recipe('[frontend]\nkind = "mel"\nscaling = "pcen"')
    assert by_name == recipe('[frontend]\nkind = "mel"\nscaling = { kind = "pcen" }')
    assert by_name.frontend.scaling == Pcen()
    assert 'scaling = "pcen"' in by_name.to_toml()


def test_a_recipe_does_not_change() -> None:
    with pytest.raises(ValidationError):
        recipe().audio.sample_rate = 8000  # type: ignore[misc]


def test_frames_follow_from_sample_rate_hop_and_duration() -> None:
    spectral = recipe(
        '[audio]\nsample_rate = 24000\n[window]\nduration = 3\n[frontend]\nkind = "mel"\nhop_length = 480'
    )
    assert (spectral.hop_length, spectral.frame_rate, spectral.window_frames) == (480, 50.0, 150)
    samples = Recipe(frontend=Waveform(), network=Network(stage=(Stage(kind="conv1d", filters=1),)))
    assert (samples.hop_length, samples.n_bands, samples.window_frames) == (1, 1, 72000)


@pytest.mark.parametrize(
    ("frontend", "band_hz"),
    [
        (Mel(fmin=100), (100, 12_000)),
        (Linear(fmin=50, fmax=2_000), (50, 2_000)),
        (ConstantQ(fmin=100, n_bands=25, bins_per_octave=12), (100, 400)),
        (ConstantQ(fmin=1_000, n_bands=85, bins_per_octave=12), (1_000, 12_000)),
        (Waveform(), (0, 12_000)),
    ],
)
def test_a_front_end_hears_up_to_its_highest_band_or_half_of_the_rate(
    frontend: FrontEnd, band_hz: tuple[float, float]
) -> None:
    assert heard_hz(frontend, 24_000) == pytest.approx(band_hz)


def test_a_linear_front_end_keeps_the_fourier_bins_from_fmin_to_fmax() -> None:
    network = Network(stage=(Stage(filters=1),))
    whole = Recipe(frontend=Linear(n_fft=1000, fmin=0), network=network)
    assert whole.n_bands == 501
    part = Recipe(frontend=Linear(n_fft=1000, fmin=240, fmax=480), network=network)  # bins lie 24 Hz apart
    assert part.n_bands == 11
    assert Recipe(frontend=Linear(n_fft=1000, fmin=241, fmax=479), network=network).n_bands == 9


@pytest.mark.parametrize(
    ("output", "names", "background", "expected"),
    [
        ("sigmoid", (), False, 1),
        ("sigmoid", ("a",), False, 1),
        ("sigmoid", ("a", "b", "c"), False, 3),
        ("softmax", (), False, 2),
        ("softmax", ("a", "b"), False, 2),
        ("softmax", ("a",), True, 2),
        ("softmax", ("a", "b"), True, 3),
    ],
)
def test_outputs_are_one_a_label_and_one_for_the_background(
    output: str, names: tuple[str, ...], background: bool, expected: int
) -> None:
    dense: dict[str, Any] = {"output": output}
    made = Recipe.model_validate(
        {
            "network": {"stage": [{"filters": 1}], "dense": dense},
            "labels": {"names": names, "background": background},
        }
    )
    assert made.n_outputs == expected


def test_with_onsets_each_label_has_a_second_output_after_those_of_all_labels() -> None:
    made = recipe("[labels]\nonsets = true\n[network]\nstage = [{ filters = 1 }]\ndense = { per = 'frame' }")
    assert (made.labels.outputs, made.n_outputs) == ((), 2)
    named = made.with_labels(("a", "b"))
    assert named.labels.outputs == ("a", "b", "a (onset)", "b (onset)")
    assert named.n_outputs == 4
    assert parse_recipe(named.to_toml(), "written") == named


def test_a_recipe_without_onsets_keeps_the_text_and_the_fingerprint_that_it_had_before_there_were_any() -> None:
    shipped = find_recipe("residual")
    assert "onsets" not in shipped.to_toml()
    assert shipped.fingerprint() == "792923ca9a82"
    assert shipped.labels.outputs == shipped.labels.names


def test_labels_can_be_named_later_and_are_checked_then() -> None:
    before = recipe('[network]\nstage = [{ filters = 1 }]\ndense = { output = "softmax" }')
    after = before.with_labels(("a", "b"))
    assert after.labels.names == ("a", "b")
    assert after.with_labels(()) == before
    with pytest.raises(ConfigurationError, match=r"labels\.names: .*softmax"):
        before.with_labels(("a",))
    with pytest.raises(ConfigurationError, match="names a label twice"):
        before.with_labels(("a", "a"))


@pytest.mark.parametrize(
    "text", ["[audio]\nsample_rate = 8000", "[window]\nduration = 2", '[frontend]\nkind = "linear"']
)
def test_the_input_fingerprint_changes_with_audio_window_and_front_end(text: str) -> None:
    assert recipe(text).input_fingerprint() != recipe().input_fingerprint()
    assert recipe(text).fingerprint() != recipe().fingerprint()


@pytest.mark.parametrize(
    "text", ["[network]\nstage = [{ filters = 4 }]", '[labels]\nnames = ["a"]', "[training]\nepochs = 3"]
)
def test_the_input_fingerprint_does_not_change_with_anything_else(text: str) -> None:
    assert recipe(text).input_fingerprint() == recipe().input_fingerprint()
    assert recipe(text).fingerprint() != recipe().fingerprint()


def test_a_fingerprint_is_of_the_values_not_of_how_they_are_written() -> None:
    assert recipe("[window]\nduration = 3").fingerprint() == recipe("[window]\nduration = 3.0").fingerprint()
    assert re.fullmatch(r"[0-9a-f]{12}", recipe().fingerprint())


def test_the_schema_names_every_section_and_forbids_other_keys() -> None:
    made = Recipe.model_json_schema()
    assert set(made["properties"]) == {"audio", "window", "frontend", "network", "labels", "training"}
    assert made["required"] == ["network"]
    assert made["additionalProperties"] is False
    assert set(made["properties"]["frontend"]["discriminator"]["mapping"]) == {"mel", "linear", "cqt", "waveform"}
    assert made["$defs"]["Audio"]["properties"]["sample_rate"]["minimum"] == 100


def test_faults_between_sections_are_told_beside_those_within_others() -> None:
    text = '[training]\nepochs = 0\n[frontend]\nkind = "mel"\nhop_length = 1280\n[network]\nstage = [{ filters = 1 }]'
    with pytest.raises(ConfigurationError) as told:
        parse_recipe(text, "my.toml")
    first, second = str(told.value).splitlines()
    assert first.startswith("my.toml: training.epochs: 0")
    assert second.startswith("my.toml: frontend.hop_length: 1280 must be at most frontend.n_fft (1024)")


def test_no_fault_is_told_that_hangs_on_a_section_at_fault() -> None:
    text = '[audio]\nsample_rate = -1\n[frontend]\nkind = "mel"\nfmax = 20000\n[network]\nstage = [{ filters = 1 }]'
    with pytest.raises(ConfigurationError) as told:
        parse_recipe(text, "my.toml")
    assert len(str(told.value).splitlines()) == 1


def test_a_line_shows_the_beginning_of_a_value_that_does_not_fit_on_it() -> None:
    (line,) = faults(f'[labels]\nnames = ["{"n" * 100_000}"]\n{STAGE}')
    assert line.startswith("labels.names.0: 'nnn")
    assert len(line) < 400


def test_a_key_that_would_break_the_line_is_quoted() -> None:
    assert faults(f'[audio]\n"a\\nb" = 1\n{STAGE}') == ["audio.'a\\nb': 1 is not a key of this table"]


def test_of_very_many_faults_the_first_are_told_and_the_others_counted() -> None:
    lines = faults("[labels]\nnames = [" + '"",' * 100_000 + f"]\n{STAGE}")
    assert len(lines) < 30
    assert "99,980" in lines[-1]


GIANT = {
    "frontend.n_bands": '[frontend]\nkind = "mel"\nn_bands = 1048576',
    "frontend.n_bands: 8192": '[frontend]\nkind = "mel"\nn_bands = 8192\nn_fft = 262144',
    "frontend.bins_per_octave": '[frontend]\nkind = "cqt"\nbins_per_octave = 1000000',
    "frontend.bins_per_octave: 12 from 1e-300": '[frontend]\nkind = "cqt"\nfmin = 1e-300',
    "window.duration": '[window]\nduration = 3600.0\n[frontend]\nkind = "mel"\nhop_length = 1',
    "network.recurrent.layers": "[network]\nstage = [{ filters = 1 }]\nrecurrent = { layers = 1048576 }",
    "network.grid.size.0": "[network]\nstage = [{ filters = 1 }]\ngrid = { size = [1048576, 9] }",
    "network.dense.units": "[network]\nstage = [{ filters = 1 }]\ndense = { units = [" + "1," * 100_000 + "] }",
    "network.stage": "[network]\nstage = [" + "{ filters = 1 }," * 50_000 + "]",
    "labels.names": "[labels]\nnames = [" + "'a'," * 200_000 + "]",
    "frontend.scaling.time_constant": '[frontend]\nkind = "mel"\nscaling = { kind = "pcen", time_constant = 1e-300 }',
    "frontend.background": '[frontend]\nkind = "mel"\nbackground = 1e-300',
    "frontend.scaling.bias": '[frontend]\nkind = "mel"\nscaling = { kind = "pcen", bias = 1e308 }',
    "frontend.scaling.eps": '[frontend]\nkind = "mel"\nscaling = { kind = "pcen", eps = 1e-320 }',
    "frontend.scaling.scale": '[frontend]\nkind = "mel"\nscaling = { kind = "pcen", scale = 1e308 }',
}


@pytest.mark.parametrize("key", GIANT)
def test_what_no_machine_could_hold_or_compute_is_refused_by_its_key(key: str) -> None:
    text = GIANT[key]
    lines = faults(text if "[network]" in text else f"{text}\n{STAGE}")
    assert lines[0].startswith(key)
    assert all(len(line) < 500 for line in lines)
