"""Keep the raw scores of recordings in the store of a run, and read them back as score blocks."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from detector.runs.records import Chunk, Finished
from detector.runs.store import DamagedError, Store
from detector.scanning.blocks import ScoreBlock
from detector.scanning.windows import WindowGrid

CHUNK_BYTES = 2**20  # about the size of a chunk of scores


class ScoreKeeper:
    """Write the raw scores of recordings to a store, block by block. It is a `Take`.

    Attributes
    ----------
    chunks : list of Chunk
        Of the current recording. After its last block, they are all of its scores.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[NDArray[np.float32]] = []  # (channel, point, output)
        self._n_bytes = 0
        self.chunks: list[Chunk] = []

    def __call__(self, block: ScoreBlock) -> None:
        """Add the next scores. The first block of a recording discards what is left of the one before.

        Raises
        ------
        OutputError
            If they cannot be written.
        """
        if block.first == 0:
            self._discard()
            self.chunks = []
        if block.n_points:
            scores = np.stack([rows.astype(np.float32) for rows in block.scores.values()])
            self._waiting.append(scores)
            self._n_bytes += scores.nbytes
        if self._waiting and (self._n_bytes >= CHUNK_BYTES or block.heard_s is not None):
            joined = np.concatenate(self._waiting, axis=1)
            self.chunks.append(Chunk(joined.shape[1], self._store.put(joined.tobytes())))
            self._discard()

    def _discard(self) -> None:
        self._waiting = []
        self._n_bytes = 0


def stored_blocks(result: Finished, store: Store, grid: WindowGrid, n_outputs: int) -> Iterator[ScoreBlock]:
    """Yield the raw scores of a recording, as a scan gives them.

    Parameters
    ----------
    result : Finished
        The result of a recording that did not fail.
    store : Store
        Of its run.
    grid : WindowGrid
        The windows of the scan.
    n_outputs : int
        Number of scores of each point: `recipe.labels.outputs`.

    Raises
    ------
    DamagedError
        If the stored scores are damaged.
    """
    scanned = result.scanned
    limit_s = float("inf") if grid.columns is None else scanned.heard_s
    first = 0
    for chunk in result.chunks:
        content = np.frombuffer(store.read(chunk.extent), dtype=np.float32)
        shape = (len(result.channels), chunk.n_points, n_outputs)
        if content.size != math.prod(shape):
            raise DamagedError(f"{scanned.recording}: has {content.size} stored scores instead of {math.prod(shape)}")
        scores = content.reshape(shape).astype(np.float64)
        of_channel = dict(zip(result.channels, scores))
        yield ScoreBlock(scanned.recording, grid.points, first, limit_s, of_channel)
        first += chunk.n_points
    nothing = dict.fromkeys(result.channels, np.zeros((0, n_outputs)))
    yield ScoreBlock(scanned.recording, grid.points, first, limit_s, nothing, scanned.heard_s)
