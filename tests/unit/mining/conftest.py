"""What the tests of mining share: recordings with calls, and with sounds like calls that nobody annotated."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.extraction.extract import ExtractRequest, extract
from detector.training.train import TrainSettings, train
from tests.made import recipe, sound, write_sound, write_table
from tests.processes import fresh_process

__all__ = ["fresh_process"]

MADE = recipe("pcen", training={"epochs": 3})
CALLS = [(1.0, 1.3, "low"), (4.0, 4.3, "low")]
OTHERS = [(2.5, 2.8, "high")]  # tones that are no calls
N = 6


def write_clips_of_recordings(folder: Path, per: str = "window") -> Path:
    """Extract clips of recordings of 6 s, with one clip of background a call, into `folder/clips`."""
    rows = []
    for number in range(N):
        write_sound(folder / "in" / f"{number}.wav", sound(6.0, [*CALLS, *OTHERS], number))
        rows += [(f"{number}.wav", *call) for call in CALLS]
    table = write_table(folder / "calls.csv", rows)
    made = recipe("pcen", training={"epochs": 3}, network={"dense": {"units": [8], "per": per}})
    request = ExtractRequest((table,), (folder / "in",), made, complete=True, fractions=(0.5, 0.34, 0.16), negatives=1)
    extract(request, folder / "clips")
    return folder / "clips"


@pytest.fixture(scope="session")
def given(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Give a folder of clips and a model trained on them, which all tests share."""
    folder = tmp_path_factory.mktemp("mining")
    clips = write_clips_of_recordings(folder)
    train(clips, folder / "model", None, TrainSettings(device="cpu"))
    return clips, folder / "model"


@pytest.fixture
def own(tmp_path: Path, given: tuple[Path, Path]) -> tuple[Path, Path]:
    """Give the like, with recordings and clips of its own to break, and the model that all share."""
    return write_clips_of_recordings(tmp_path), given[1]
