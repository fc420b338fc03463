"""Every valid recipe reads back equal from the TOML that it writes, and keeps its fingerprint."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from detector.recipe import Recipe, parse_recipe

durations = st.floats(1e-3, 1)  # a clip of more than 256 MiB is refused
time_constants = st.floats(1e-2, 3600)
names = st.lists(st.text(min_size=1, max_size=8), max_size=4, unique=True)


def optional(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw some of the keys, so that defaults take part."""
    return st.fixed_dictionaries({}, optional=values)


scalings = st.one_of(
    st.just("db"),
    st.just("none"),
    st.builds(lambda floor: {"kind": "db", "floor": floor}, st.floats(-300, 0)),
    optional(gain=st.floats(0, 2), bias=st.floats(0, 1e6), eps=st.floats(1e-12, 1), time_constant=time_constants).map(
        lambda spec: {"kind": "pcen"} | spec
    ),
)
activations = st.sampled_from(["linear", "relu", "leaky_relu", "elu", "gelu", "silu", "sigmoid", "tanh"])
switches = st.booleans()
counts = st.integers(1, 2000)


@st.composite
def frontends(draw: st.DrawFn, sample_rate: int) -> dict[str, Any]:
    kind = draw(st.sampled_from(["mel", "linear", "cqt", "waveform"]))
    if kind == "waveform":
        return {"kind": kind}
    spec: dict[str, Any] = {"kind": kind, "scaling": draw(scalings)}
    if spec["scaling"] == "db" and draw(switches):
        spec["background"] = draw(time_constants)
    if kind == "cqt":
        octaves = draw(st.integers(1, 4))
        per_octave = draw(st.integers(2, 24))
        lowest = sample_rate / 2 ** (octaves + 3)
        return spec | {"fmin": lowest, "n_bands": octaves * per_octave, "bins_per_octave": per_octave}
    n_fft = draw(st.integers(16, 4096))
    spec |= {
        "n_fft": n_fft,
        "hop_length": draw(st.integers(n_fft // 4, n_fft)),
        "fmin": draw(st.floats(0, sample_rate / 8)),
    }
    if draw(switches):
        spec["fmax"] = draw(st.floats(sample_rate / 4, sample_rate / 2))
    if kind == "mel" or draw(switches):
        spec["n_bands"] = draw(st.integers(1, 256))
    return spec


def stages(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    size = counts if kind == "conv1d" else st.one_of(counts, st.lists(counts, min_size=2, max_size=2))
    pool = optional(kind=st.sampled_from(["max", "mean"]), size=size, stride=size)
    rest = optional(
        kernel=size,
        stride=size,
        activation=activations,
        norm=st.sampled_from(["none", "batch"]),
        pool=pool,
        residual=switches,
        dropout=st.floats(0, 0.99),
    )
    return st.builds(lambda filters, rest: {"kind": kind, "filters": filters} | rest, counts, rest)


@st.composite
def recipes(draw: st.DrawFn) -> dict[str, Any]:
    """Draw what a valid TOML file may hold."""
    sample_rate = draw(st.integers(100, 500_000))
    frontend = draw(frontends(sample_rate))
    flat = draw(st.lists(stages("conv2d"), max_size=3)) if frontend["kind"] != "waveform" else []
    stage = flat + draw(st.lists(stages("conv1d"), min_size=0 if flat else 1, max_size=2))
    per = draw(st.sampled_from(["window", "frame"]))
    output = draw(st.sampled_from(["sigmoid", "softmax"]))
    network: dict[str, Any] = {
        "stage": stage,
        "padding": draw(st.sampled_from(["valid", "same"])),
        "position": bool(flat) and draw(switches),
        "dense": draw(optional(units=st.lists(counts, max_size=3), dropout=st.floats(0, 0.99), activation=activations))
        | {"output": output, "per": per},
    }
    if draw(switches):
        summary = st.sampled_from(["mean", "last", "flatten"])
        network["recurrent"] = draw(
            optional(cell=st.sampled_from(["gru", "lstm"]), units=counts, bidirectional=switches, summary=summary)
        )
    if per == "window" and draw(switches):
        network["grid"] = draw(optional(size=st.lists(counts, min_size=2, max_size=2)))
    background = output == "softmax" and draw(switches)
    labels = draw(names.filter(lambda some: output == "sigmoid" or background or len(some) != 1))
    return {
        "audio": {"sample_rate": sample_rate, "channel": draw(st.sampled_from(["mix", "each", 0, 3]))},
        "window": draw(optional(duration=durations)),
        "frontend": frontend,
        "network": network,
        "labels": {"names": labels, "background": background} | draw(optional(overlap=st.floats(0.01, 1))),
        "training": draw(optional(epochs=counts, learning_rate=st.floats(1e-9, 1), mix=st.floats(0, 1))),
    }


@settings(max_examples=40, deadline=None)
@given(recipes())
def test_a_recipe_reads_back_equal_from_its_toml(content: dict[str, Any]) -> None:
    recipe = Recipe.model_validate(content)
    again = parse_recipe(recipe.to_toml(), "written")
    assert again == recipe
    assert again.to_toml() == recipe.to_toml()
    assert again.fingerprint() == recipe.fingerprint()
    assert again.input_fingerprint() == recipe.input_fingerprint()


@settings(max_examples=30, deadline=None)
@given(recipes())
def test_a_recipe_reads_back_equal_from_json(content: dict[str, Any]) -> None:
    recipe = Recipe.model_validate(content)
    assert Recipe.model_validate(json.loads(recipe.model_dump_json())) == recipe


@settings(max_examples=30, deadline=None)
@given(recipes(), st.sampled_from(["audio", "window", "frontend", "network", "labels", "training"]))
def test_an_unknown_key_in_any_section_is_refused(content: dict[str, Any], section: str) -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        Recipe.model_validate(content | {section: content[section] | {"colour": "red"}})
