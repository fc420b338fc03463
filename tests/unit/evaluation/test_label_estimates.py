from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector.estimates import draws as draws_module
from detector.estimates.arrays import Numbers
from detector.estimates.bootstrap import draw_together
from detector.estimates.statistic import Statistic
from detector.evaluation.compare import compare
from detector.evaluation.evaluate import evaluate
from detector.evaluation.material import Material, Unit
from detector.evaluation.settings import EvaluateSettings

from .conftest import event, materials


@settings(deadline=None, max_examples=25)
@given(material=materials(3), data=st.data())
def test_a_unit_drawn_twice_is_the_same_as_two_units_alike(material: Material, data: st.DataObject) -> None:
    counts = [data.draw(st.integers(0, 2)) for _ in material.units]
    copies = {Unit(f"{unit.recording}.{copy}"): unit for unit, n in zip(material.units, counts) for copy in range(n)}
    resample = Material(
        *(
            {copy: side.get(unit, []) for copy, unit in copies.items()}
            for side in (material.reference, material.estimated)
        ),
        {copy: material.uncertain[unit] for copy, unit in copies.items()},
        {copy: material.seconds[unit] for copy, unit in copies.items()},
    )
    drawn, told = compare(material, EvaluateSettings()), compare(resample, EvaluateSettings())
    if resample.labels == material.labels:
        assert tell(drawn.overall, counts) == pytest.approx(tell(told.overall, [1] * len(copies)), nan_ok=True)
    if resample.labels:
        rows = [material.labels.index(label) for label in resample.labels]
        figures = tell(drawn.of_labels, counts)[:, rows]
        assert figures == pytest.approx(tell(told.of_labels, [1] * len(copies)), nan_ok=True)


def tell(statistics: Sequence[Statistic], counts: list[int]) -> Numbers:
    return np.concatenate([statistic(np.array(counts)) for statistic in statistics])


@settings(deadline=None, max_examples=25)
@given(material=materials(3))
def test_labels_have_the_figures_that_each_has_alone(material: Material) -> None:
    figures = (
        tell(compare(material, EvaluateSettings()).of_labels, [1] * len(material.units)) if material.labels else None
    )
    for n, label in enumerate(material.labels):
        sides = [
            {unit: [one for one in events if one.label == label] for unit, events in side.items()}
            for side in (material.reference, material.estimated)
        ]
        alone = compare(replace(material, reference=sides[0], estimated=sides[1]), EvaluateSettings())
        of_label = tell(alone.of_labels, [1] * len(material.units))[:, 0]
        names = [name for statistic in alone.of_labels for name in statistic.names]
        assert figures is not None
        same = np.array([name != "psds2" for name in names])  # cross-triggers with other labels count there
        assert figures[same, n] == pytest.approx(of_label[same], nan_ok=True)


def two_recordings() -> Material:
    sure, lost = Unit("a.wav"), Unit("b.wav")
    reference = {sure: [event(0, 1)], lost: [event(0, 1)]}
    return Material(reference, {sure: [event(0, 1, score=0.5)], lost: []})


def test_the_interval_spans_what_resamples_tell() -> None:
    recall = evaluate(two_recordings(), EvaluateSettings(draws=200)).overall.figures["recall"]
    assert (recall.value, recall.low, recall.high) == (0.5, 0.0, 1.0)


def test_one_group_has_no_interval() -> None:
    material = two_recordings()
    one = Material(material.reference, material.estimated, groups=dict.fromkeys(material.units, "site"))
    assert evaluate(one).overall.figures["recall"].low is None
    assert evaluate(material, EvaluateSettings(draws=0)).overall.figures["recall"].low is None


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(material=materials(4), seed=st.integers(0, 99))
def test_many_draws_in_portions_and_threads_give_what_each_gives_alone(
    material: Material, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draws_module, "MOST_NUMBERS", 64)
    monkeypatch.setattr(draws_module, "count_cores", lambda: 4)
    compared = compare(material, EvaluateSettings())
    (draws,) = draw_together(material.group_numbers, 23, seed)
    for one in [*compared.of_labels, *compared.overall]:
        together = one.in_portions(draws)
        for k in (0, 11, 22):
            assert together[..., k] == pytest.approx(one(draws.weights[:, k]), nan_ok=True, abs=1e-9)


def test_the_interval_of_a_mean_is_that_of_the_labels_with_events() -> None:
    units = [Unit(f"{n}.wav") for n in range(4)]
    reference = {unit: [event(0, 1)] if n < 2 else [] for n, unit in enumerate(units)}
    found = {
        unit: [event(0, 1, score=0.9)] if n == 0 else [event(5, 6, label="other", score=0.5)]
        for n, unit in enumerate(units)
    }
    told = evaluate(Material(reference, found), EvaluateSettings(draws=300))
    own = next(row for row in told.labels if row.label != "other").figures["precision"]
    assert told.mean["precision"] == own
