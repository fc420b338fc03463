"""Events that are drawn for the laws of evaluation."""

from __future__ import annotations

from hypothesis import strategies as st

from detector.evaluation.material import LabelEvents, Material, Unit
from detector.events import Event

SCORES = [0.1, 0.3, 0.5, 0.7, 0.9]


def event(start: float, end: float, label: str = "a", score: float | None = None) -> Event:
    return Event(start, end, label, score=score)


@st.composite
def events(draw: st.DrawFn, *, scored: bool, labels: str = "a", most: int = 6) -> list[Event]:
    """Draw events on a grid of 1 s, with few scores, so that many are equal."""
    found = []
    for _ in range(draw(st.integers(0, most))):
        start, length = draw(st.integers(0, 12)), draw(st.integers(1, 6))
        score = draw(st.sampled_from(SCORES)) if scored else None
        found.append(event(start, start + length, draw(st.sampled_from(labels)), score))
    return found


@st.composite
def parts(draw: st.DrawFn) -> LabelEvents:
    """Draw one unit's events of one label."""
    return LabelEvents(0, tuple(draw(events(scored=False))), tuple(draw(events(scored=True))))


@st.composite
def materials(draw: st.DrawFn, most_units: int = 4) -> Material:
    """Draw a few recordings with events of two labels and spans of doubt."""
    units = [Unit(f"{number}.wav") for number in range(draw(st.integers(1, most_units)))]
    spans = st.lists(st.integers(0, 12).map(lambda start: (float(start), start + 3.0)), max_size=1)
    return Material(
        {unit: draw(events(scored=False, labels="ab")) for unit in units},
        {unit: draw(events(scored=True, labels="ab")) for unit in units},
        {unit: draw(spans) for unit in units},
        {unit: float(draw(st.integers(1, 5)) * 600) for unit in units},
    )
