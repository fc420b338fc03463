from __future__ import annotations

import io
from pathlib import Path

from hypothesis import given
from hypothesis.strategies import binary, integers, lists, tuples

from detector.audio.view import View, ViewFile


@given(
    prefix=binary(max_size=8),
    content=binary(max_size=40),
    cut=tuples(integers(0, 40), integers(0, 40)),
    moves=lists(tuples(integers(0, 50), integers(0, 20)), max_size=8),
)
def test_a_view_reads_as_the_prefix_and_the_part_of_the_file_would(
    tmp_path_factory: object, prefix: bytes, content: bytes, cut: tuple[int, int], moves: list[tuple[int, int]]
) -> None:
    path = Path(tmp_path_factory.getbasetemp()) / "view.bin"  # type: ignore[attr-defined]
    path.write_bytes(content)
    start, end = sorted(min(at, len(content)) for at in cut)
    expected = io.BytesIO(prefix + content[start:end])
    with path.open("rb") as file, ViewFile(file, View(start, end, prefix)) as shown:
        assert shown.readall() == expected.getvalue()
        assert shown.seek(0, io.SEEK_END) == len(expected.getvalue())
        for position, n_bytes in moves:
            assert shown.seek(position) == expected.seek(position)
            assert shown.read(n_bytes) == expected.read(n_bytes)
