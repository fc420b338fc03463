"""Run the trunk: in ONNX Runtime on a processor, in torch on other devices and in reduced precision."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import Literal

import torch
from torch import Tensor

from detector.errors import ParameterError
from detector.model import Model
from detector.scanning.batches import Batches, is_out_of_memory

Precision = Literal["auto", "float32", "tf32", "bfloat16", "float16"]

TrunkRunner = Callable[[Tensor], Tensor]
"""Turns scaled frames (batch, band, frame) into columns (batch, channel, band, column)."""

BATCH = 8  # strips that an accelerator computes at once

TYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def trunk_runner(
    model: Model, step: int, precision: Precision, shrunk: Callable[[], None] | None = None
) -> TrunkRunner:
    """Return a function that computes a column of the trunk for every `step` frames. Threads may share it.

    ONNX Runtime is about twice as fast as torch here (docs/decisions/0005). Its graph is made from the weights in a few
    milliseconds, so it is not kept on disk. `shrunk` is for `BatchedTrunk`.
    """
    if model.device.type == "cpu" and precision == "float32" and model.recipe.network.padding == "valid":
        return OnnxTrunk(model, step)
    trunk = TorchTrunk(model, step, precision)
    return trunk if model.device.type == "cpu" else BatchedTrunk(trunk, shrunk)


def choose_precision(precision: Precision, device: torch.device) -> Precision:
    """Choose the precision for a device. "auto" is TensorFloat-32 on CUDA, and float32 on other devices.

    Raises
    ------
    ParameterError
        If the device does not have the requested precision.
    """
    allowed: list[Precision] = ["float32"]
    if device.type == "cuda":
        allowed = ["tf32", "float32", "bfloat16", "float16"]
    elif device.type == "mps":
        allowed = ["float32", "float16"]
    elif torch.ops.mkldnn._is_mkldnn_bf16_supported():
        allowed = ["float32", "bfloat16"]
    if precision == "auto":
        return allowed[0]
    if precision not in allowed:
        raise ParameterError("precision", precision, f"is not available on this {device.type}", ", ".join(allowed))
    return precision


class OnnxTrunk:
    """Run the trunk in ONNX Runtime on the thread that calls. Different cores compute different parts of recordings."""

    def __init__(self, model: Model, step: int) -> None:
        import onnxruntime

        from detector.network.graph import OUTPUT, trunk_graph

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        graph = trunk_graph(model.network.trunk_at(step), model.recipe.n_bands)
        self._session = onnxruntime.InferenceSession(
            graph.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        self._output = OUTPUT

    def __call__(self, frames: Tensor) -> Tensor:
        """Return the columns of scaled frames (batch, band, frame)."""
        from detector.network.graph import INPUT

        (columns,) = self._session.run([self._output], {INPUT: frames.contiguous().numpy()})
        return torch.from_numpy(columns)


class BatchedTrunk:
    """Join the strips of several threads into batches, because one strip is too small for an accelerator.

    Strips that arrive while a batch runs go into the next one. All batches have the same size, filled up with zeros,
    because the last bits of the result depend on it. If the memory of the accelerator is too small for a batch, it and
    all later ones have half the size, and so on down to single strips. The scores are then the same up to rounding, but
    their last bits depend on when the memory was full.

    Parameters
    ----------
    run : callable
        Runs a batch.
    shrunk : callable, optional
        Is called whenever batches become smaller, on any thread.
    """

    def __init__(self, run: TrunkRunner, shrunk: Callable[[], None] | None = None) -> None:
        self._run = run
        self._batches = Batches(BATCH, shrunk)
        self._asked: SimpleQueue[tuple[Tensor, Future[Tensor]]] = SimpleQueue()
        Thread(target=self._serve, name="trunk", daemon=True).start()

    def __call__(self, frames: Tensor) -> Tensor:
        """Return the columns of scaled frames (batch, band, frame).

        Frames of more than one window are a batch already. Whoever made it halves it if the memory is too small.
        """
        if len(frames) > 1:
            return self._run(frames)
        given: Future[Tensor] = Future()
        self._asked.put((frames, given))
        return given.result()

    def _serve(self) -> None:
        waiting: deque[tuple[Tensor, Future[Tensor]]] = deque()
        while True:
            if not waiting:
                waiting.append(self._asked.get())
            while not self._asked.empty():
                waiting.append(self._asked.get())
            shape = waiting[0][0].shape
            batch = [asked for asked in waiting if asked[0].shape == shape][: self._batches.size]
            waiting = deque(asked for asked in waiting if not any(asked is taken for taken in batch))
            while batch:
                batch = self._answer(batch)

    def _answer(self, batch: list[tuple[Tensor, Future[Tensor]]]) -> list[tuple[Tensor, Future[Tensor]]]:
        """Run a batch; give each thread its columns, or the error. Return the strips that must be tried again."""
        n_answered = 0
        try:
            with torch.inference_mode():
                strips = [frames for frames, _ in batch]
                n = len(strips) + -len(strips) % self._batches.size
                for columns in self._batches.each(n, lambda first, end: self._run(joined(strips, first, end))):
                    for row, (_, given) in enumerate(batch[n_answered : n_answered + len(columns)]):
                        given.set_result(columns[row : row + 1])
                    n_answered += len(columns)
                    if n_answered >= len(batch):
                        break
        except BaseException as error:  # noqa: BLE001 (`result` raises it again in each thread)
            is_single = is_out_of_memory(error)  # the memory was too small for one strip alone; others may fit
            failed = batch[n_answered : n_answered + 1] if is_single else batch[n_answered:]
            for _, given in failed:
                given.set_exception(error)
            return batch[n_answered + 1 :] if is_single else []
        return []


def joined(strips: Sequence[Tensor], first: int, end: int) -> Tensor:
    """Join strips (1, band, frame) from `first` to `end` to a batch, with zeros for those that are missing."""
    frames = torch.cat(list(strips[first:end]))
    return torch.nn.functional.pad(frames, (0, 0, 0, 0, 0, end - first - len(frames)))


class TorchTrunk:
    """Run the trunk in torch, the reference, in a given precision."""

    def __init__(self, model: Model, step: int, precision: Precision) -> None:
        self._type = TYPES.get(precision, torch.float32)
        self._tf32 = precision == "tf32"
        self._trunk = model.network.trunk_at(step).to(self._type)
        for parameter in self._trunk.parameters():
            if parameter.dim() == 4:
                parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)

    def __call__(self, frames: Tensor) -> Tensor:
        """Return the columns of scaled frames (batch, band, frame)."""
        torch.backends.cudnn.allow_tf32 = self._tf32
        return self._trunk(frames.to(self._type)).float()
