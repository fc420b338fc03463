"""Weights from strangers and damaged disks: every fault is one line, told before anything large is allocated."""

from __future__ import annotations

import hashlib
import json
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from detector.errors import ModelError
from detector.model import Model, expected_tensors, load_model, save_model
from detector.model_folder import MODEL_FOLDER
from detector.presets import DEFAULT_MODEL, shipped_folder
from detector.weights import open_weights
from tests.made import recipe

MADE = recipe(labels={"names": ["low"]})
FIRST = "network.trunk.stages.0.convolution.weight"


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_model(Model(MADE).eval(), tmp_path)
    return tmp_path


def refused(folder: Path) -> str:
    with pytest.raises(ModelError) as caught:
        load_model(folder)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 1000
    return message


def flip(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_every_flipped_bit_of_the_weights_is_refused_and_named(folder: Path) -> None:
    path, expected = folder / "weights.safetensors", expected_tensors(MADE)
    content = path.read_bytes()
    drawn = random.Random(0)
    bits = [*range(8 * 64), *range(8 * 64, 8 * 4096, 29), *(drawn.randrange(8 * len(content)) for _ in range(200))]
    for bit in bits:
        path.write_bytes(flip(content, bit))
        with pytest.raises(ModelError, match=re.escape(str(path))), open_weights(path, expected):
            pass
    assert "\n" not in refused(folder)
    path.write_bytes(content)
    load_model(folder)


def test_every_flipped_bit_of_the_checksum_is_refused(folder: Path) -> None:
    path, weights, expected = folder / "checksums.txt", folder / "weights.safetensors", expected_tensors(MADE)
    content = path.read_bytes()
    for bit in range(8 * len(content)):
        path.write_bytes(flip(content, bit))
        with pytest.raises(ModelError, match=re.escape(str(folder))), open_weights(weights, expected):
            pass


def test_the_checksum_is_one_that_sha256sum_checks(folder: Path) -> None:
    digest = hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest()
    assert (folder / "checksums.txt").read_text(encoding="utf-8") == f"{digest}  weights.safetensors\n"
    assert "checksums.txt" in MODEL_FOLDER.files
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "--check", "checksums.txt"], cwd=folder, check=True, capture_output=True)


def test_the_shipped_model_has_its_checksum(tmp_path: Path) -> None:
    shutil.copytree(shipped_folder() / DEFAULT_MODEL, tmp_path / "model")
    load_model(tmp_path / "model")
    path = tmp_path / "model" / "weights.safetensors"
    path.write_bytes(flip(path.read_bytes(), 8 * path.stat().st_size - 1))
    assert refused(tmp_path / "model").startswith(f"{path}: ")


def test_a_model_of_an_earlier_version_without_a_checksum_is_loaded(folder: Path) -> None:
    before = load_model(folder).fingerprint()
    (folder / "checksums.txt").unlink()
    assert load_model(folder).fingerprint() == before


@pytest.mark.parametrize("front", ["mel", "pcen", "linear", "cqt", "waveform"])
def test_what_is_expected_of_weights_is_what_a_model_has(front: str) -> None:
    made = recipe(front, labels={"names": ["low"]})
    expected = expected_tensors(made)
    state = Model(made).state_dict()
    filters = state.pop("power.filters", None)
    assert filters is None or tuple(filters.shape) in expected.pop("power.filters").shapes
    assert {name: (tensor.dtype, frozenset({tuple(tensor.shape)})) for name, tensor in state.items()} == {
        name: (each.dtype, each.shapes) for name, each in expected.items()
    }


def rewrite(folder: Path, change: Callable[[dict[str, torch.Tensor]], Any]) -> None:
    """Change the tensors of a model that has no checksum."""
    path = folder / "weights.safetensors"
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path, metadata=metadata)
    (folder / "checksums.txt").unlink()


TENSORS: dict[str, tuple[str, Callable[[torch.Tensor], torch.Tensor]]] = {
    "another shape": ("shape", lambda tensor: tensor.reshape(1, -1).contiguous()),
    "another rank": ("shape", lambda tensor: tensor[None].contiguous()),
    "half precision": ("F16", lambda tensor: tensor.half()),
    "double precision": ("F64", lambda tensor: tensor.double()),
    "whole numbers": ("I32", lambda tensor: tensor.int()),
    "truth values": ("BOOL", lambda tensor: tensor > 0),
    "not a number": ("finite", lambda tensor: tensor * float("nan")),
    "endless": ("finite", lambda tensor: tensor / 0),
}


@pytest.mark.parametrize("kind", TENSORS)
@pytest.mark.parametrize("name", [FIRST, "scale.mean", "power.filters"])
def test_a_tensor_of_another_kind_is_named_with_what_is_wrong(folder: Path, kind: str, name: str) -> None:
    word, change = TENSORS[kind]
    rewrite(folder, lambda tensors: tensors.update({name: change(tensors[name] + 1)}))
    message = refused(folder)
    assert message.startswith(f"{folder / 'weights.safetensors'}: ")
    assert name in message
    assert word in message


def test_a_deviation_of_zero_is_refused(folder: Path) -> None:
    rewrite(folder, lambda tensors: tensors["scale.deviation"].zero_())
    assert "scale.deviation" in refused(folder)


def with_header(content: bytes, change: Callable[[dict[str, Any]], Any]) -> bytes:
    """Change the header of safetensors: eight bytes of its length, then JSON."""
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    change(header)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + content[8 + size :]


HEADERS: dict[str, Callable[[bytes], bytes]] = {
    "claims 2^60 bytes": lambda content: (2**60).to_bytes(8, "little") + content[8:],
    "claims 80 MiB": lambda content: (80 * 2**20).to_bytes(8, "little") + content[8:],
    "lies deep": lambda content: content[:8] + b"[" * int.from_bytes(content[:8], "little"),
    "overlaps": lambda content: with_header(content, lambda header: header[FIRST].update(data_offsets=[0, 144])),
    "giant shape": lambda content: with_header(content, lambda header: header[FIRST].update(shape=[2**60, 2**60])),
    "deep recipe": lambda content: with_header(
        content, lambda header: header["__metadata__"].update(recipe="a=" + "[" * 9999)
    ),
}


@pytest.mark.parametrize("kind", HEADERS)
def test_a_header_that_lies_is_refused_with_the_file(folder: Path, kind: str) -> None:
    path = folder / "weights.safetensors"
    path.write_bytes(HEADERS[kind](path.read_bytes()))
    (folder / "checksums.txt").unlink()
    with pytest.raises(Exception, match=re.escape("weights.safetensors")) as caught:
        load_model(folder)
    assert getattr(caught.value, "exit_code", None) == 2
    assert "\n" not in str(caught.value)


def test_weights_that_are_far_too_large_are_not_read(folder: Path) -> None:
    with (folder / "weights.safetensors").open("r+b") as file:
        file.truncate(2**40)  # takes no room on disk
    assert "bytes" in refused(folder)


GIANTS = {
    "filters": ("filters = 4", "filters = 1048576"),
    "units": ("units = [\n    8,\n]", "units = [1048576, 1048576]"),
    "bands": ("n_bands = 16", "n_bands = 1048576"),
    "window": ("duration = 0.5", "duration = 3600.0"),
    "Fourier bins": ("n_fft = 256\nn_bands = 16", "n_fft = 262144\nn_bands = 8192"),
    "grid": ("[network.dense]", "[network.grid]\nsize = [4096, 4096]\n\n[network.dense]"),
    "larger grid": ("[network.dense]", "[network.grid]\nsize = [1048576, 1048576]\n\n[network.dense]"),
    "layers": ("[network.dense]", "[network.recurrent]\nlayers = 1048576\n\n[network.dense]"),
    "recurrent units": ("[network.dense]", "[network.recurrent]\nunits = 1048576\n\n[network.dense]"),
}
LOADING = """
import resource, sys
from pathlib import Path
from detector.errors import DetectorError
from detector.model import load_model

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

load_model(Path(sys.argv[1]))  # what loading imports is no part of the measure
before = peak()
for folder in sys.argv[2:]:
    try:
        load_model(Path(folder))
    except DetectorError as error:
        print(str(error).splitlines()[0])
print(peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux")
def test_giant_recipes_are_refused_in_little_memory(folder: Path, tmp_path: Path) -> None:
    text = (folder / "recipe.toml").read_text(encoding="utf-8")
    folders = []
    for name, (old, new) in GIANTS.items():
        assert old in text
        giant = shutil.copytree(folder, tmp_path / name, ignore=lambda _folder, names: set(names) & set(GIANTS))
        (giant / "recipe.toml").write_text(text.replace(old, new), encoding="utf-8")
        folders.append(giant)
    done = subprocess.run([sys.executable, "-c", LOADING, folder, *folders], capture_output=True, text=True, check=True)
    *messages, kibibytes = done.stdout.splitlines()
    assert int(kibibytes) < 50_000
    assert len(messages) == len(GIANTS)
    for giant, message in zip(folders, messages):
        assert message.startswith(str(giant))
