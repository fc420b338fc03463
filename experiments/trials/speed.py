"""How fast models scan: made noise of two lengths, so that the time to start does not count."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import soundfile

from detector.presets import find_recipe
from trials.files import write_whole
from trials.result import read_results
from trials.workshop import detector

RATE = 24000
SHORT_S = 60
LONG_S = 1260
TIMES = 3


def measure_speeds(work: Path) -> None:
    """Time every recipe that has a trained model and no time yet; seconds of sound per second.

    Recipes that differ in training and labels alone are timed once.
    """
    known = read_speeds(work)
    alike: dict[str, float] = {}
    with TemporaryDirectory() as folder:
        short, long = (noise(Path(folder), seconds) for seconds in (SHORT_S, LONG_S))
        for result in read_results(work):
            model = work / "models" / result.model_folder
            if not model.is_dir():
                continue
            network = find_recipe(str(model)).fingerprint("audio", "window", "frontend", "network")
            if result.fingerprint not in known:
                if network not in alike:
                    more = [timed(long, model) - timed(short, model) for _ in range(TIMES)]
                    alike[network] = (LONG_S - SHORT_S) / median(more)
                known[result.fingerprint] = alike[network]
                write_whole(work / "speeds" / f"{result.fingerprint}.json", json.dumps({"x_real_time": alike[network]}))
            alike.setdefault(network, known[result.fingerprint])


def timed(recording: Path, model: Path) -> float:
    """Scan a recording; give the seconds that it took."""
    return detector("scan", recording, "-m", model)


def noise(folder: Path, seconds: int) -> Path:
    """Make a recording of white noise."""
    path = folder / f"noise-{seconds}.wav"
    sound = 0.05 * np.random.default_rng(0).standard_normal(seconds * RATE, dtype=np.float32)
    soundfile.write(path, sound, RATE, subtype="PCM_16")
    return path


def read_speeds(work: Path) -> dict[str, float]:
    """Read the speeds by the recipe's fingerprint."""
    found = (work / "speeds").glob("*.json")
    return {path.stem: json.loads(path.read_text(encoding="utf-8"))["x_real_time"] for path in found}
