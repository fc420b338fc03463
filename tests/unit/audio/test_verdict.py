from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path

import pytest

from detector.audio.header import Header
from detector.audio.status import Status
from detector.audio.verdict import Facts, Hole, judge
from detector.place import LocalPlace

CHANNELS = ("0", "1")


def facts(
    n_read: int = 8000,
    *,
    sounding: tuple[bool, bool] = (True, True),
    n_bad: int = 0,
    error: str = "",
    holes: tuple[Hole, ...] = (),
) -> Facts:
    return Facts(sounding, n_read, n_bad, error, holes)


def claims(format_: str = "WAV", n_frames: int | None = 8000, status: Status = "ok") -> Header:
    return Header(LocalPlace(Path("a.wav")), format_, "PCM_16", 8000, 2, n_frames, status=status)


def test_the_facts_of_stretches_add_up_to_those_of_the_recording() -> None:
    whole = facts(0, sounding=(False, False))
    for stretch in (
        facts(5000, sounding=(True, False), n_bad=2),
        facts(9000, sounding=(False, False), error="first"),
        facts(7000, sounding=(False, False), n_bad=1, error="second"),
    ):
        whole = whole.joined_with(stretch)
    assert whole.sounding == (True, False)
    assert (whole.n_read, whole.n_absurd, whole.error) == (9000, 3, "first")


def test_facts_are_values_that_cross_processes() -> None:
    whole = facts(sounding=(True, False), error="lost", holes=((1, 2),))
    assert pickle.loads(pickle.dumps(whole)) == whole
    with pytest.raises(dataclasses.FrozenInstanceError):
        whole.n_read = 1  # type: ignore[misc]  # must fail


def test_facts_of_other_channels_cannot_be_joined() -> None:
    with pytest.raises(ValueError, match="zip"):
        facts(sounding=(True, True)).joined_with(facts(sounding=(True,)))


@pytest.mark.parametrize(
    ("header", "found", "status", "line"),
    [
        (claims(), facts(), "ok", None),
        (claims(n_frames=None), facts(), "ok", None),
        (claims(), facts(0), "empty", "holds no samples, though its header claims 8000"),
        (claims(n_frames=0), facts(0), "empty", "holds no samples"),
        (claims(), facts(7999), "truncated", "truncated: 1.0 s of 1.0 s could be read (1 samples are missing)"),
        (claims("MP3"), facts(7200), "ok", None),
        (claims("MP3"), facts(7199), "truncated", "truncated: 0.9 s of 1.0 s could be read (801 samples are missing)"),
        (claims("OGG"), facts(4000), "damaged", "damaged: 0.5 s of 1.0 s could be read (4000 samples are missing)"),
        (claims(), facts(4000, error="why"), "damaged", "decode error at 0.5 s: why; the rest was not read"),
        (claims(), facts(n_bad=3), "damaged", "3 samples are not finite, or beyond any recorder; taken as 0"),
        (claims(), facts(holes=((800, 1600), (2000, 2400))), "damaged",
         "damaged: 0.150 s could not be read: 0.100 to 0.200 s, 0.250 to 0.300 s"),
        (claims(), facts(holes=((6000, 8000),)), "truncated",
         "truncated: 0.8 s of 1.0 s could be read (2000 samples are missing)"),
        (claims(), facts(sounding=(False, False)), "silent", "silent"),
        (claims(), facts(sounding=(True, False)), "ok", "channel 1 is silent"),
        (claims(status="damaged"), facts(), "damaged", None),
    ],
)  # fmt: skip
def test_facts_beside_the_header_s_claims_make_a_verdict(
    header: Header, found: Facts, status: Status, line: str | None
) -> None:
    assert judge(header, CHANNELS, found) == (status, [line] if line else [])


def test_the_worst_is_the_status_and_all_is_told() -> None:
    status, lines = judge(claims(), CHANNELS, facts(4000, sounding=(False, False), n_bad=1))
    assert status == "damaged"
    assert [line.split()[0] for line in lines] == ["truncated:", "1", "silent"]


def test_holes_that_touch_are_one_and_what_was_scanned_is_without_them() -> None:
    whole = facts(3000, holes=((500, 1000),))
    whole = whole.joined_with(facts(6000, holes=((3000, 3500), (1000, 1200))))
    whole = whole.joined_with(facts(8000, holes=((3200, 4000),)))
    assert whole.holes == ((500, 1200), (3000, 4000))
    assert whole.n_scanned == 8000 - 700 - 1000
