from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from detector.tables.matlab import check_matlab

READ = "import scipy.io, sys; scipy.io.loadmat(sys.argv[1])"


@pytest.fixture(params=[True, False])
def whole(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "a.wav.not.mat"
    syllables = {
        "Fs": 8000.0,
        "onsets": np.arange(5.0),
        "offsets": np.arange(5.0) + 0.5,
        "labels": "abcab",
        "fname": "a.wav",
    }
    scipy.io.savemat(path, syllables, do_compression=request.param)
    return path


def test_whole_files_are_let_through(whole: Path) -> None:
    check_matlab(whole)


def test_real_files_are_let_through(data: Path) -> None:
    paths = sorted((data / "zebra-finch" / "annotations").glob("*.not.mat"))
    assert len(paths) > 10
    for path in paths:
        check_matlab(path)


def test_an_element_of_an_unknown_type_is_refused_which_ends_a_process(tmp_path: Path) -> None:
    path = tmp_path / "a.wav.not.mat"
    scipy.io.savemat(path, {"onsets": np.arange(5.0)})
    content = bytearray(path.read_bytes())
    content[content.index(b"onsets") + 8] = 92
    path.write_bytes(content)
    with pytest.raises(ValueError, match="92"):
        check_matlab(path)
    crashed = subprocess.run([sys.executable, "-c", READ, path], capture_output=True, check=False)
    assert crashed.returncode != 0


def test_what_is_let_through_never_ends_a_process(whole: Path) -> None:
    content = whole.read_bytes()
    rng = np.random.default_rng(0)
    passed: list[str] = []
    for n in range(400):
        broken = bytearray(content)
        for at in rng.integers(128, len(content), 1 + n % 3):
            broken[at] ^= 1 << rng.integers(8)
        path = whole.with_name(f"{n}.mat")
        path.write_bytes(broken)
        try:
            check_matlab(path)
        except ValueError:
            continue
        passed.append(os.fspath(path))
    program = "import scipy.io, sys\nfor path in sys.argv[1:]:\n try: scipy.io.loadmat(path)\n except Exception: pass"
    subprocess.run([sys.executable, "-c", program, *passed], check=True)
