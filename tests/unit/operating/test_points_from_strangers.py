"""Operating points from anyone: what no program wrote is one line with the file and the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.errors import ModelError
from detector.operating.points import OPERATING_FILE, Operating, read_operating
from detector.recipe import Labels

OWL = Labels(names=("owl",))
LABEL = '[[label]]\nname = "owl"\n'
CURVE = (
    "[label.curve]\nthreshold = [0.5]\nhits = [{hits}]\nfalse_alarms = [{wrong}]\nevents = {events}\nhours = {hours}\n"
)
EVIDENCE = (
    "[label.evidence]\nthreshold = 0.5\nfigure = 0.5\nlow = 0.1\nhigh = {high}\ntarget = {target}\nborne_out = true\n"
)
TUNED = "[tuned]\ntarget = {target}\nrecordings = {n}\nhours = 1.0\nevents = 1\niou = 0.3\nhop_s = 0.1\n"

FAULTS = {
    "smooth_s": LABEL + "smooth_s = 1e308",
    "gap_s": LABEL + "gap_s = 1e308",
    "shortest_s": LABEL + "shortest_s = 1e999",
    "typical_s": LABEL + "typical_s = inf",
    "onset_threshold": LABEL + "onset_threshold = 0.7",
    "low_hz": LABEL + "low_hz = 1e30",
    "high_hz": LABEL + "high_hz = " + "9" * 90,
    "threshold": LABEL + "threshold = nan",
    "calibration.kind": LABEL + 'calibration = { kind = "luck" }',
    "slope": LABEL + 'calibration = { kind = "platt", slope = 1e308, offset = 0 }',
    "offset": LABEL + 'calibration = { kind = "platt", slope = 1, offset = -1e308 }',
    "score": LABEL
    + f"calibration = {{ kind = 'isotonic', score = {[n / 200_000 for n in range(200_001)]}, probability = [0, 1] }}",
    "probability": LABEL + 'calibration = { kind = "isotonic", score = [0, 1], probability = [0.9, 0.1] }',
    "curve.hours": LABEL + CURVE.format(hits=1, wrong=1, events=1, hours="1e-300"),
    "curve.hits": LABEL + CURVE.format(hits="9" * 80, wrong=1, events="9" * 80, hours=1.0),
    "curve.false_alarms": LABEL + CURVE.format(hits=1, wrong="9" * 80, events=1, hours=1.0),
    "evidence.high": LABEL + EVIDENCE.format(high="1e300", target='"f1"'),
    "target": LABEL + EVIDENCE.format(high=0.9, target='"luck"'),
    "tuned.recordings": TUNED.format(target='"f1"', n="9" * 80) + LABEL,
    "'p=2'": TUNED.format(target='"p=2"', n=1) + LABEL,
    "labels": LABEL.replace("owl", "o" * 100_000),
    "16": "a = " + "[" * 100_000,
    "100": LABEL + "gap_s = " + "9" * 10_000,
    "bytes": "#" + "x" * 2**25,
}


@pytest.mark.parametrize("key", FAULTS)
def test_a_fault_is_one_line_that_names_the_file_and_the_key(tmp_path: Path, key: str) -> None:
    (tmp_path / OPERATING_FILE).write_text(FAULTS[key], encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        read_operating(tmp_path, OWL)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / OPERATING_FILE}: ")
    assert key in message.removeprefix(str(tmp_path))
    assert "\n" not in message
    assert len(message) < 1000


def test_a_gap_of_hours_between_rare_calls_is_allowed() -> None:
    point = {"name": "owl", "gap_s": 40_000.0, "shortest_s": 4000.0, "typical_s": 9000.0}
    assert Operating.model_validate({"label": [point]}).label[0].gap_s == 40_000


def test_the_steepest_curve_warns_of_nothing(recwarn: pytest.WarningsRecorder) -> None:
    import numpy as np

    from detector.operating.calibration import Platt

    assert Platt(slope=1e12, offset=0.0)(np.array([0.0, 0.5, 1.0])).tolist() == [0.0, 0.5, 1.0]
    assert not recwarn.list
