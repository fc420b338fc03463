"""A scan tells how far it is in recordings and shares of them."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from detector.scanning.progress import ScanProgress
from tests.made import Heard

SHARES = st.lists(st.floats(0, 1), max_size=5).map(sorted)


@given(st.lists(SHARES, max_size=4))
def test_every_recording_counts_for_one_whatever_its_shares(recordings: list[list[float]]) -> None:
    heard = Heard()
    told = [0.0]
    with ScanProgress(heard, len(recordings)) as progress:
        (work,) = heard.works
        for shares in recordings:
            for share in shares:
                progress.advance(share)
                told.append(work.n)
            progress.done()
            told.append(work.n)
    assert all(after >= before - 1e-9 for before, after in pairwise(told))
    assert abs(work.n - len(recordings)) < 1e-9
    assert (work.total, work.ended) == (len(recordings), True)
