"""Maps are found where they are known, chosen by what they are worth, and refused where there is too little."""

from __future__ import annotations

import numpy as np
import pytest

from detector.operating.calibration import Isotonic, Platt
from detector.operating.points import OperatingPoint
from detector.tuning.calibrate import (
    calibrate,
    calibration_error,
    cross_fit,
    fit_isotonic,
    fit_platt,
    share_out,
    simplest,
)


def drawn(made: Platt | Isotonic, n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw scores, which of them are right by a known map, and twenty groups."""
    rng = np.random.default_rng(seed)
    scores = rng.uniform(0.01, 0.99, n)
    return scores, rng.random(n) < made(scores), np.arange(n) % 20


def test_platt_finds_the_curve_that_made_the_detections() -> None:
    scores, right, _ = drawn(Platt(slope=0.6, offset=-1.0), 50_000)
    found = fit_platt(scores, right)
    assert (found.slope, found.offset) == pytest.approx((0.6, -1.0), abs=0.03)


def test_centred_isotonic_regression_has_its_knots_in_the_middles_of_blocks() -> None:
    scores = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8])
    right = np.array([0, 1, 0, 1, 0, 1, 1, 1], dtype=bool)
    found = fit_isotonic(scores, right)  # blocks: {0.1}: 0, {0.2, 0.3} and {0.4, 0.5}: 1/2, {0.6, 0.7, 0.8}: 1
    assert found.score == pytest.approx((0, 0.1, 0.35, 0.7, 1))
    assert found.probability[1:4] == pytest.approx((1 / 5, 1 / 2, 6 / 7))


def test_equal_scores_are_one_block() -> None:
    found = fit_isotonic(np.array([1.0, 1.0, 1.0, 0.5]), np.array([True, True, False, False]))
    assert found.score == (0.0, 0.5, 1.0)
    assert found.probability[1:] == pytest.approx((1 / 4, 2 / 3))


@pytest.mark.parametrize("fit", [fit_platt, fit_isotonic])
@pytest.mark.parametrize("seed", range(5))
def test_what_is_fitted_rises_and_can_be_turned_round(fit, seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = np.round(rng.random(60), 1 + seed % 3)
    made = fit(scores, rng.random(60) < 0.5)
    x = np.unique(np.round(np.concatenate([scores, np.linspace(0, 1, 101)]), 6))
    y = made(x)
    assert (np.diff(y) > 0).all()
    points = [OperatingPoint(name="x", threshold=value, calibration=made) for value in y.tolist()]
    assert [point.raw_threshold for point in points] == pytest.approx(x.tolist(), abs=1e-9)


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (Platt(slope=1.0, offset=0.0), None),
        (Platt(slope=0.5, offset=-1.5), "platt"),
        (Isotonic(score=(0, 0.5, 0.501, 1), probability=(0.05, 0.051, 0.9, 0.901)), "isotonic"),
    ],
)
def test_the_map_that_made_the_detections_is_chosen(made: Platt | Isotonic, kind: str | None) -> None:
    found = calibrate(*drawn(made, 2000), "auto")
    assert (None if found.map is None else found.map.kind) == kind
    if kind:
        assert found.after is not None
        assert found.after < 0.5 * found.before
    else:
        assert "no map is clearly better" in found.reason


def test_an_order_overrides_the_choice() -> None:
    rows = drawn(Platt(slope=0.5, offset=-1.5), 2000)
    assert calibrate(*rows, "isotonic").map.kind == "isotonic"
    assert calibrate(*rows, "none").map is None


@pytest.mark.parametrize(("n_right", "n_wrong"), [(9, 50), (50, 9), (0, 0)])
def test_too_few_of_a_kind_are_not_calibrated(n_right: int, n_wrong: int) -> None:
    right = np.arange(n_right + n_wrong) < n_right
    found = calibrate(np.linspace(0.1, 0.9, len(right)), right, np.arange(len(right)), "auto")
    assert found.map is None
    assert found.reason == f"{n_right} right and {n_wrong} wrong detections are too few (at least 10 of each)"


def test_one_group_cannot_be_cross_validated() -> None:
    scores, right, groups = drawn(MILD := Platt(slope=0.5, offset=0.0), 100)
    assert MILD.kind == "platt"
    assert "one recording or group" in calibrate(scores, right, groups * 0, "platt").reason


def test_scores_that_mean_the_opposite_are_left_as_they_are() -> None:
    scores, right, groups = drawn(Platt(slope=3.0, offset=0.0), 500)
    found = calibrate(1 - scores, right, groups, "platt")
    assert found.map is None
    assert found.reason == "Platt's curve does not rise with the score"


def falling(n: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw scores near 1 of which the higher ones are wrong more often: Platt's curve cannot rise."""
    rng = np.random.default_rng(1)
    scores = rng.uniform(0.99, 0.9999, n)
    return scores, rng.random(n) < np.where(scores > 0.995, 0.7, 0.9), np.arange(n) % 20


def test_where_platts_curve_does_not_rise_the_isotonic_map_is_judged_by_the_same_rule() -> None:
    found = calibrate(*falling(), "auto")
    assert found.map is not None
    assert found.map.kind == "isotonic"
    assert "platt" not in found.losses
    assert found.losses["isotonic"] < found.losses["none"]
    assert found.reason == ""


def test_a_reason_against_every_map_is_true() -> None:
    rng = np.random.default_rng(0)
    scores = np.clip(0.5 + rng.normal(0, 0.01, 200), 0, 1)  # right half the time, whatever the score
    right = rng.random(200) < np.where(scores > 0.5, 0.48, 0.52)
    found = calibrate(scores, right, np.arange(200) % 20, "auto")
    assert found.map is None
    assert found.reason.startswith("Platt's curve does not rise with the score, and no other map is clearly better")
    assert set(found.losses) == {"none", "isotonic"}


def test_groups_are_never_in_two_folds_and_folds_are_about_equal() -> None:
    groups = np.repeat(np.arange(9), [40, 1, 1, 30, 5, 5, 10, 10, 8])
    folds = share_out(groups, 4)
    assert all(len(set(folds[groups == group])) == 1 for group in range(9))
    assert sorted(np.bincount(folds)) == [20, 20, 30, 40] or max(np.bincount(folds)) == 40


def test_no_detection_is_judged_by_a_map_that_saw_its_fold() -> None:
    scores, right, groups = drawn(Platt(slope=1.0, offset=0.0), 200)
    folds = share_out(groups)
    before = cross_fit(fit_platt, scores, right, folds)
    turned = np.where(folds == 2, ~right, right)
    after = cross_fit(fit_platt, scores, turned, folds)
    assert np.array_equal(before[folds == 2], after[folds == 2])
    assert not np.allclose(before[folds != 2], after[folds != 2])


def test_the_calibration_error_is_the_mean_distance_of_bins_of_equal_count() -> None:
    scores = np.repeat([0.2, 0.8], 15)
    right = np.concatenate([np.arange(15) < 6, np.arange(15) < 12])  # shares 0.4 and 0.8
    assert calibration_error(scores, right) == pytest.approx((0.2 + 0.0) / 2)


def test_a_map_must_beat_a_simpler_one_by_a_standard_error() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 1, 400)
    assert simplest({"none": noise + 0.02, "platt": np.zeros(400)}) == "none"
    assert simplest({"none": noise + 0.5, "platt": np.zeros(400)}) == "platt"
