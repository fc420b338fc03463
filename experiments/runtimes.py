"""Compare what can run a trunk on this processor: times real time over long strips, a thread for each core.

Usage: python experiments/runtimes.py [RECIPE ...]   (shipped recipes; default: small-cnn). OpenVINO is compared where
it is installed; the project does not need it.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable
from threading import Thread
from typing import Any

import numpy as np
import torch

from detector.cores import count_cores
from detector.network.assembly import DetectorNetwork
from detector.network.graph import INPUT, trunk_graph
from detector.presets import find_recipe
from detector.recipe import Recipe

SECONDS = 2.0  # of each measurement
ROUNDS = 3  # of all measurements; the median is told
FIELDS = 32  # receptive fields to a strip

Run = Callable[[Any], Any]


def torch_eager(network: DetectorNetwork, *, channels_last: bool) -> Run:
    trunk = network.trunk_at(network.geometry.frames.step)
    if channels_last:
        trunk = trunk.to(memory_format=torch.channels_last)

    def run(frames: Any) -> Any:
        with torch.inference_mode():
            return trunk(torch.from_numpy(frames))

    return run


def onnx_runtime(network: DetectorNetwork) -> Run:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph_of(network), options)
    return lambda frames: session.run(None, {INPUT: frames})


def open_vino(network: DetectorNetwork) -> Run:
    import openvino

    settings = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    settings["ENABLE_CPU_PINNING"] = False  # or all threads share one core
    core = openvino.Core()
    request = core.compile_model(core.read_model(graph_of(network)), "CPU", settings).create_infer_request()
    return lambda frames: request.infer([frames], share_inputs=True, share_outputs=True)


def graph_of(network: DetectorNetwork) -> bytes:
    recipe = network.recipe
    return trunk_graph(network.trunk_at(network.geometry.frames.step), recipe.n_bands).SerializeToString()


def frames_per_second(makers: list[Run], frames: Any) -> float:
    """Let a thread for each runner run it again and again."""
    done = [0] * len(makers)
    ending = time.perf_counter() + SECONDS

    def work(n: int) -> None:
        while time.perf_counter() < ending:
            makers[n](frames)
            done[n] += 1

    for run in makers:
        run(frames)
    start = time.perf_counter()
    ending = start + SECONDS
    threads = [Thread(target=work, args=(n,)) for n in range(len(makers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) * frames.shape[-1] / (time.perf_counter() - start)


def compare(recipe: Recipe) -> None:
    torch.manual_seed(0)
    network = DetectorNetwork(recipe).eval()
    field = network.geometry.frames.size
    frames = np.random.default_rng(0).standard_normal((1, recipe.n_bands, FIELDS * field), dtype=np.float32)
    makers: dict[str, Callable[[], Run]] = {
        "torch": lambda: torch_eager(network, channels_last=False),
        "torch, channels last": lambda: torch_eager(network, channels_last=True),
        "ONNX Runtime": lambda: onnx_runtime(network),
    }
    if importlib.util.find_spec("openvino"):
        makers["OpenVINO"] = lambda: open_vino(network)
    found: dict[str, list[float]] = {name: [] for name in makers}
    start = time.perf_counter()
    graph_of(network)
    print(f"  writing the graph takes {1000 * (time.perf_counter() - start):.0f} ms")
    for _ in range(ROUNDS):
        for name, make in makers.items():
            runs = [make() for _ in range(count_cores())]
            found[name].append(frames_per_second(runs, frames) / recipe.frame_rate)
    for name, rates in found.items():
        print(f"  {name:22} {np.median(rates):7.0f} times real time ({min(rates):.0f} to {max(rates):.0f})")


def main() -> None:
    torch.set_num_threads(1)
    for name in sys.argv[1:] or ["small-cnn"]:
        recipe = find_recipe(name)
        print(name)
        compare(recipe.with_labels(recipe.labels.names or ("call",)))


if __name__ == "__main__":
    main()
