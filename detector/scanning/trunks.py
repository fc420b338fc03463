"""Run the trunk: in ONNX Runtime on a processor, in torch on other devices and in reduced precision."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import Literal

import torch
from torch import Tensor

from detector.errors import ParameterError
from detector.model import Model

Precision = Literal["auto", "float32", "tf32", "bfloat16", "float16"]

TrunkRunner = Callable[[Tensor], Tensor]
"""Turns scaled frames (batch, band, frame) into columns (batch, channel, band, column)."""

BATCH = 8  # strips that an accelerator computes at once

TYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def trunk_runner(model: Model, step: int, precision: Precision) -> TrunkRunner:
    """Return a function that computes a column of the trunk for every `step` frames. Threads may share it.

    ONNX Runtime is about twice as fast as torch here (docs/decisions/0005). Its graph is made from the weights in a few
    milliseconds, so it is not kept on disk.
    """
    if model.device.type == "cpu" and precision == "float32" and model.recipe.network.padding == "valid":
        return OnnxTrunk(model, step)
    trunk = TorchTrunk(model, step, precision)
    return trunk if model.device.type == "cpu" else BatchedTrunk(trunk)


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
    because the last bits of the result depend on it.
    """

    def __init__(self, run: TrunkRunner) -> None:
        self._run = run
        self._asked: SimpleQueue[tuple[Tensor, Future[Tensor]]] = SimpleQueue()
        Thread(target=self._serve, name="trunk", daemon=True).start()

    def __call__(self, frames: Tensor) -> Tensor:
        """Return the columns of scaled frames (batch, band, frame)."""
        if len(frames) > 1:  # it is a batch already
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
            batch = [asked for asked in waiting if asked[0].shape == shape][:BATCH]
            waiting = deque(asked for asked in waiting if not any(asked is taken for taken in batch))
            self._answer(batch)

    def _answer(self, batch: list[tuple[Tensor, Future[Tensor]]]) -> None:
        """Run a batch; give each thread its columns, or the error."""
        try:
            with torch.inference_mode():
                frames = torch.cat([frames for frames, _ in batch])
                missing = BATCH - len(batch)
                columns = self._run(torch.nn.functional.pad(frames, (0, 0, 0, 0, 0, missing)))
        except Exception as error:  # noqa: BLE001 (`result` raises it again in each thread)
            for _, given in batch:
                given.set_exception(error)
            return
        for n, (_, given) in enumerate(batch):
            given.set_result(columns[n : n + 1])


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
