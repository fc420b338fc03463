"""Thresholds are chosen from curves as worked out by hand."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from detector.errors import ConfigurationError
from detector.operating.curve import Curve
from detector.operating.points import Operating, OperatingPoint
from detector.operating.target import parse_target


def curve(*rows: tuple[float, int, int], events: int = 20, hours: float = 2.0) -> Curve:
    threshold, hits, false = zip(*rows)
    return Curve(threshold=threshold, hits=hits, false_alarms=false, events=events, hours=hours)


WORKED = curve((0.1, 19, 31), (0.3, 19, 9), (0.5, 18, 2), (0.6, 18, 2), (0.9, 17, 1), (0.95, 8, 0))


def chosen(made: Curve, target: str) -> tuple[float, bool]:
    n, reached = made.choose(parse_target(target))
    return made.threshold[n], reached


def test_figures_are_those_of_the_counts() -> None:
    assert (WORKED.precision(2), WORKED.recall(2), WORKED.f1(2), WORKED.rate(2)) == (0.9, 0.9, 0.9, 1.0)


@pytest.mark.parametrize(
    ("target", "threshold"),
    [
        ("p=0.9", 0.5),
        ("p=0.67", 0.3),
        ("p=0.94", 0.9),
        ("p=1", 0.95),
        ("fa=1/h", 0.5),
        ("fa=4.5/h", 0.3),
        ("fa=0/h", 0.95),
    ],
)
def test_the_lowest_threshold_that_keeps_a_target_is_chosen(target: str, threshold: float) -> None:
    assert chosen(WORKED, target) == (threshold, True)


def test_the_best_f1_is_taken_in_the_middle_of_its_widest_stretch() -> None:
    assert chosen(curve((0.1, 18, 2), (0.2, 18, 9), (0.5, 18, 2), (0.7, 18, 2), (0.8, 18, 2)), "f1")[0] == 0.7
    assert chosen(curve((0.2, 18, 2), (0.3, 18, 2), (0.6, 18, 2), (0.7, 9, 2)), "f1")[0] == 0.3


def test_a_threshold_that_keeps_a_target_by_luck_is_passed_over() -> None:
    lucky = curve((0.2, 18, 2), (0.3, 18, 6), (0.4, 18, 5), (0.5, 17, 1), (0.6, 17, 1))
    assert chosen(lucky, "p=0.9") == (0.5, True)
    assert chosen(lucky, "fa=1/h") == (0.5, True)
    by_one = curve((0.2, 18, 2), (0.3, 17, 2), (0.4, 17, 1))
    assert chosen(by_one, "p=0.9") == (0.2, True)  # 17 of 19, with one false alarm fewer 17 of 18


def test_a_target_that_is_only_kept_by_luck_is_kept() -> None:
    assert chosen(curve((0.3, 19, 0), (0.6, 19, 9), (0.9, 15, 9)), "fa=1/h") == (0.3, True)


def test_calls_cut_into_pieces_at_high_thresholds_do_not_break_a_promise() -> None:
    assert chosen(curve((0.3, 19, 1), (0.6, 19, 1), (0.99, 15, 9), (0.999, 9, 30)), "p=0.9") == (0.3, True)


def test_a_target_out_of_reach_gets_the_nearest() -> None:
    bad = curve((0.2, 10, 10), (0.5, 8, 5), (0.8, 5, 5), (0.9, 1, 4))
    assert chosen(bad, "p=0.9") == (0.5, False)
    assert chosen(bad, "fa=1/h") == (0.9, False)


def test_nothing_found_is_no_precision() -> None:
    assert chosen(curve((1.0, 0, 0)), "p=0.5") == (1.0, False)
    assert chosen(curve((1.0, 0, 0)), "f1") == (1.0, True)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([(0.2, 5, 1), (0.1, 4, 0)], "threshold: must rise"),
        ([(0.1, 4, 1), (0.2, 5, 0)], "hits: must fall"),
        ([(0.1, 21, 1)], "hits: must fall"),
        ([(0.1, 5, -1)], "false_alarms"),
    ],
)
def test_a_curve_that_cannot_be_is_refused(rows: list[tuple[float, int, int]], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        curve(*rows)


def test_a_scan_is_refused_a_target_that_no_threshold_kept() -> None:
    point = OperatingPoint(name="owl", curve=curve((0.2, 10, 10), (0.5, 8, 5), (0.8, 5, 5)))
    with pytest.raises(ConfigurationError, match=r"no threshold of the label 'owl' kept that.*nearest is 0.615 at 0.5"):
        point.at(parse_target("p=0.9"))
    with pytest.raises(ConfigurationError, match=r"nearest is 2.5 per hour at 0.5"):
        point.at(parse_target("fa=1/h"))
    with pytest.raises(ConfigurationError, match="'owl' of this model was not tuned; run detector tune"):
        OperatingPoint(name="owl").at(parse_target("f1"))
    assert point.at(0.3).threshold == 0.3
    assert point.at(None) is point


BAD = curve((0.2, 10, 10), (0.5, 8, 5), (0.8, 5, 5))


def test_one_label_that_keeps_a_target_is_enough_and_the_others_are_said() -> None:
    points = (
        OperatingPoint(name="frog", threshold=0.37),
        OperatingPoint(name="owl", curve=BAD),
        OperatingPoint(name="wren", curve=WORKED),
    )
    target = parse_target("p=0.9")
    operating = Operating(label=points)
    assert [point.threshold for point in operating.at(target)] == [0.37, 0.5, 0.5]
    frog, owl = operating.shortfalls(target)
    assert frog == ("`threshold`: p=0.9: the label 'frog' of this model was not tuned; its own threshold, 0.37, stays")
    assert owl.startswith("`threshold`: p=0.9: no threshold of the label 'owl' kept that on the recordings tuned on; ")
    assert owl.endswith("the nearest is 0.615 at 0.5; that is taken")
    assert [point.threshold for point in operating.at(0.3)] == [0.3] * 3
    assert operating.at(None) == points


def test_a_target_that_no_label_keeps_is_refused_with_what_is_nearest() -> None:
    operating = Operating(label=(OperatingPoint(name="frog"), OperatingPoint(name="owl", curve=BAD)))
    with pytest.raises(ConfigurationError, match=r"^`threshold`: p=0\.9: no threshold of the label 'owl' kept that"):
        operating.at(parse_target("p=0.9"))
    with pytest.raises(ConfigurationError, match=r"the label 'frog' of this model was not tuned; run detector tune"):
        Operating(label=operating.label[:1]).at(parse_target("p=0.9"))
