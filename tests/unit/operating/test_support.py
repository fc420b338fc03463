"""What was counted bears out a target where its interval says so; what is stored of it is read, and may be missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.estimates.intervals import garwood, wilson
from detector.operating.curve import Curve
from detector.operating.points import Evidence, Operating, OperatingPoint, Tuned, operating_toml, read_operating
from detector.operating.support import Support, support
from detector.operating.target import parse_target
from detector.recipe import Labels

OWL = Labels(names=("owl",))
OLD = """
chosen_on = "the best F1"
[tuned]
target = "f1"
recordings = 2
hours = 0.1
events = 10
iou = 0.3
hop_s = 0.5
[[label]]
name = "owl"
threshold = 0.4
curve = { threshold = [0.4], hits = [9], false_alarms = [1], events = 10, hours = 0.1 }
"""


def curve(hits: int, false_alarms: int, hours: float) -> Curve:
    return Curve(threshold=(0.5,), hits=(hits,), false_alarms=(false_alarms,), events=max(hits, 1), hours=hours)


def test_counts_alone_give_the_intervals_that_books_print() -> None:
    made = curve(90, 10, 5.0)
    of_precision = support(made, 0, parse_target("p=0.9"))
    assert (of_precision.low, of_precision.high) == pytest.approx(wilson(90, 100))
    of_rate = support(made, 0, parse_target("fa=2/h"))
    assert (of_rate.figure, of_rate.low, of_rate.high) == pytest.approx((2.0, *(end / 5 for end in garwood(10))))
    of_f1 = support(made, 0, parse_target("f1"))
    assert of_f1.low < of_f1.figure < of_f1.high


@pytest.mark.parametrize(
    ("made", "target", "borne_out"),
    [
        (curve(9, 0, 0.1), "p=0.9", False),
        (curve(900, 80, 10.0), "p=0.9", True),
        (curve(900, 0, 10.0), "p=0.9999", False),
        (curve(900, 0, 0.1), "fa=2/h", False),
        (curve(900, 0, 1.0), "fa=2/h", True),  # none at all in an hour: at most 3.7
        (curve(9, 1, 1.0), "f1", False),
        (curve(900, 10, 1.0), "f1", True),
    ],
)
def test_a_target_is_borne_out_where_twice_as_many_false_alarms_are_ruled_out(
    made: Curve, target: str, borne_out: bool
) -> None:
    assert support(made, 0, parse_target(target)).bears(parse_target(target)) == borne_out


@pytest.mark.parametrize(
    ("target", "enough", "too_little"),
    [
        ("p=0.9", (0.8182, 0.95), (0.8181, 0.95)),  # 0.9 promises 1 wrong to 9 right; at 9 / 11 there are 2
        ("fa=2/h", (0.0, 4.0), (0.0, 4.001)),
        ("f1", (0.75, 0.9499), (0.75, 0.9501)),
    ],
)
def test_twice_as_many_is_where_it_begins(
    target: str, enough: tuple[float, float], too_little: tuple[float, float]
) -> None:
    for (low, high), borne_out in ((enough, True), (too_little, False)):
        assert Support(threshold=0.5, figure=0.9, low=low, high=high).bears(parse_target(target)) == borne_out


def test_operating_points_of_before_have_no_evidence_but_load(tmp_path: Path) -> None:
    (tmp_path / "operating.toml").write_text(OLD, encoding="utf-8")
    old = read_operating(tmp_path, OWL)
    assert old.tuned is not None
    assert (old.tuned.data, old.label[0].evidence) == ("", None)
    told = old.label[0].support(parse_target("p=0.9"))
    assert told is not None
    assert told.figure == 0.9


def test_evidence_is_read_as_it_was_written(tmp_path: Path) -> None:
    evidence = Evidence(
        threshold=0.5, figure=0.9, low=0.7, high=0.95, target="p=0.9", borne_out=False, error_before=0.2
    )
    tuned = Tuned(target="p=0.9", recordings=2, hours=0.1, events=10, iou=0.3, hop_s=0.5, data="0123456789ab")
    made = Operating(tuned=tuned, label=(OperatingPoint(name="owl", curve=curve(9, 1, 0.1), evidence=evidence),))
    (tmp_path / "operating.toml").write_text(operating_toml(made), encoding="utf-8")
    assert read_operating(tmp_path, OWL) == made


def test_of_the_target_tuned_for_the_stored_interval_counts_and_of_others_that_of_the_curve() -> None:
    evidence = Evidence(threshold=0.5, figure=0.9, low=0.1, high=0.95, target="p=0.9", borne_out=False)
    point = OperatingPoint(name="owl", curve=curve(90, 10, 0.1), evidence=evidence)
    assert point.support(parse_target("p=0.9")) is evidence
    other = point.support(parse_target("p=0.8"))
    assert other is not None
    assert other.low == pytest.approx(wilson(90, 100).low)
    assert OperatingPoint(name="owl").support(parse_target("f1")) is None
