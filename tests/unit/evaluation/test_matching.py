from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.evaluation import assignment, field, matching
from detector.evaluation.assignment import pair_hits
from detector.evaluation.events import SLACK, match
from detector.evaluation.field import field_of, field_of_parts
from detector.evaluation.matching import find_hits
from detector.evaluation.material import LabelEvents, Material
from detector.events import iou

from .conftest import event, materials, parts

IOUS = st.sampled_from([0.1, 0.3, 0.5, 0.8, 1.0])


def hits_of(part: LabelEvents, least: float) -> np.ndarray:
    (hits,) = find_hits(field_of_parts([part]), [least])
    return hits


def pairs_of(part: LabelEvents, hits: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray]:
    return pair_hits(field_of_parts([part]), hits, least)


def pardoned(part: LabelEvents, least: float) -> np.ndarray:
    return field_of_parts([part]).pardoned(least)


@settings(deadline=None)
@given(part=parts(), least=IOUS)
def test_at_every_threshold_as_many_detections_hit_as_can_be_matched_at_once(part: LabelEvents, least: float) -> None:
    hits = hits_of(part, least)
    for threshold in {0.0, *part.scores}:
        reported = [one for one in part.estimated if (one.score or 0) >= threshold]
        assert hits[part.scores >= threshold].sum() == len(match(part.reference, reported, least))


@settings(deadline=None)
@given(part=parts(), least=IOUS)
def test_every_hit_is_paired_once_and_no_other_pairing_overlaps_more(part: LabelEvents, least: float) -> None:
    part = replace(part, reference=part.reference[:4], estimated=part.estimated[:4])
    hits = hits_of(part, least)
    reference, estimated = pairs_of(part, hits, least)
    assert sorted(estimated) == np.flatnonzero(hits).tolist()
    assert len(set(reference)) == len(reference)
    shares = [iou(part.reference[r].span, part.estimated[e].span) for r, e in zip(reference, estimated)]
    assert all(share >= least for share in shares)
    others = [
        [iou(part.reference[r].span, part.estimated[e].span) for r, e in zip(order, np.flatnonzero(hits))]
        for order in permutations(range(len(part.reference)), int(hits.sum()))
    ]
    best = max((sum(other) for other in others if all(share >= least for share in other)), default=0.0)
    assert sum(shares) == pytest.approx(best)


def test_a_surer_detection_gives_way_to_one_that_fits_nothing_else() -> None:
    # The first fits both events, the second only the one that the first is closer to.
    part = LabelEvents(0, (event(2, 12), event(0, 10)), (event(1, 11, score=0.9), event(3, 13, score=0.5)))
    assert hits_of(part, 0.6).tolist() == [True, True]
    assert sorted(zip(*pairs_of(part, hits_of(part, 0.6), 0.6), strict=True)) == [(0, 1), (1, 0)]


def test_no_hit_is_given_up_for_a_higher_sum() -> None:
    # The first alone with the first event would sum to 0.90; both are hits, in pairs of 0.38 and 0.35.
    part = LabelEvents(0, (event(0, 10), event(5, 15)), (event(0.5, 10.5), event(0, 3.5)))
    reference, estimated = pairs_of(part, hits_of(part, 0.3), 0.3)
    assert list(zip(reference, estimated)) == [(0, 1), (1, 0)]


def test_a_chain_of_detections_moves_on_to_let_one_more_in() -> None:
    reference = tuple(event(10 * n, 10 * n + 10) for n in range(50))
    right = tuple(event(10 * n + 4, 10 * n + 14, score=0.9) for n in range(49))  # each also meets the next event
    last = event(0, 9, score=0.1)  # meets the first event only, which the first detection has until all move on
    assert hits_of(LabelEvents(0, reference, (*right, last)), 0.2).all()
    assert hits_of(LabelEvents(0, reference[:-1], (*right, last)), 0.2).tolist() == [True] * 49 + [False]


def test_no_pair_overlaps_less_than_the_least_for_a_higher_sum() -> None:
    # Pairs of IoU 0.64 and 0.17 would sum to more than those of 0.44 and 0.33.
    part = LabelEvents(0, (event(6, 9), event(2, 11)), (event(3, 7), event(0, 9)))
    reference, estimated = pairs_of(part, hits_of(part, 0.3), 0.3)
    assert list(zip(reference, estimated)) == [(0, 1), (1, 0)]
    reference, estimated = pairs_of(part, hits_of(part, 0.1), 0.1)
    assert list(zip(reference, estimated)) == [(0, 0), (1, 1)]


def test_one_event_is_hit_once_by_the_surest() -> None:
    part = LabelEvents(0, (event(0, 10),), (event(0, 9, score=0.2), event(0, 8, score=0.7), event(1, 10, score=0.6)))
    assert hits_of(part, 0.5).tolist() == [False, True, False]


def test_an_overlap_of_exactly_the_least_one_hits_in_decimal_times() -> None:
    for start in np.arange(0.0, 3.0, 0.1).round(1):
        part = LabelEvents(0, (event(start, round(start + 0.3, 2)),), (event(start, round(start + 0.15, 2)),))
        assert hits_of(part, 0.5).tolist() == [True]
        assert match(part.reference, part.estimated, 0.5) == [(0, 0)]
        shorter = LabelEvents(0, part.reference, (event(start, round(start + 0.149, 3)),))
        assert hits_of(shorter, 0.5).tolist() == [False]


def test_a_detection_lies_on_doubt_with_half_of_itself_inside_or_with_the_overlap_of_a_hit() -> None:
    found = (event(0, 2), event(2, 6), event(8.9, 10.9), event(20, 40), event(50, 52))
    part = LabelEvents(0, (), found, ((0.0, 2.9), (10.0, 11.0), (30.0, 39.0)))
    assert pardoned(part, 0.3).tolist() == [True, False, True, True, False]
    assert pardoned(part, 0.5).tolist() == [True, False, False, False, False]


def test_what_the_least_overlap_may_lack_is_the_same_for_hits_and_for_doubt() -> None:
    part = LabelEvents(
        0, (event(0, 8),), (event(0, 2), event(20, 28)), ((20.0, 22.0),)
    )  # both pairs have an IoU of 0.25
    lacking = 0.25 + SLACK
    assert lacking - SLACK == 0.25  # else the next line would say nothing of what is exactly enough
    assert (hits_of(part, lacking).tolist(), pardoned(part, lacking).tolist()) == ([True, False], [False, True])
    more = 0.25 + 2 * SLACK
    assert (hits_of(part, more).tolist(), pardoned(part, more).tolist()) == ([False, False], [False, False])


def test_exactly_half_inside_is_on_doubt() -> None:
    part = LabelEvents(0, (), (event(0, 2), event(10, 12)), ((1.0, 100.0), (110.0, 111.0)))
    assert pardoned(part, 0.3).tolist() == [True, True]
    off = LabelEvents(0, (), (event(0, 2), event(0, 1.99)), ((1.0, 9.0),))
    assert pardoned(off, 0.3).tolist() == [True, False]


def test_of_equal_scores_the_one_in_doubt_leaves_the_event_to_the_other() -> None:
    doubtful, sure = event(0, 10, score=0.5), event(3, 11, score=0.5)
    part = LabelEvents(0, (event(0, 11),), (doubtful, sure), ((0.0, 5.0),))
    assert hits_of(part, 0.3).tolist() == [False, True]


@settings(deadline=None)
@given(part=parts(), least=IOUS)
def test_where_there_are_too_many_pairs_to_list_hits_and_the_sum_of_overlaps_are_the_same(
    part: LabelEvents, least: float
) -> None:
    hits = hits_of(part, least)
    reference, estimated = pairs_of(part, hits, least)
    for tables in (0, assignment.MOST_CELLS):  # of the pairs, or, where even these are too large, without them
        with pytest.MonkeyPatch.context() as patch:
            for module in (assignment, field, matching):
                patch.setattr(module, "MOST_PAIRS", 0)
            patch.setattr(assignment, "MOST_CELLS", tables)
            assert hits_of(part, least).tolist() == hits.tolist()
            rows, columns = pairs_of(part, hits, least)
        assert sorted(columns) == np.flatnonzero(hits).tolist()
        assert len(set(rows)) == len(rows)
        shares = [iou(part.reference[r].span, part.estimated[e].span) for r, e in zip(rows, columns)]
        assert all(share >= least - SLACK for share in shares)
        expected = sum(iou(part.reference[r].span, part.estimated[e].span) for r, e in zip(reference, estimated))
        assert sum(shares) == pytest.approx(expected)


@settings(deadline=None)
@given(material=materials(), least=IOUS)
def test_the_matching_of_all_labels_and_units_at_once_is_that_of_each_by_brute_force(
    material: Material, least: float
) -> None:
    flat = field_of(material)
    (hits,) = find_hits(flat, [least])
    for number, label in enumerate(material.labels):
        for part in material.of_label(label):
            cell = flat.found.cells == number * len(material.units) + part.unit
            assert [flat.estimated[n] for n in np.flatnonzero(cell)] == list(part.estimated)
            for threshold in {0.0, *part.scores}:
                reported = [one for one in part.estimated if (one.score or 0) >= threshold]
                assert hits[cell][part.scores >= threshold].sum() == len(match(part.reference, reported, least))
