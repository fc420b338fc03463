"""Choose the precision of training: the requested one, or the faster one in a short trial."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Any, Literal

import torch
from accelerate import Accelerator, PartialState
from accelerate.utils import broadcast_object_list

from detector.device import DeviceName, choose_device, keep_freed_memory
from detector.errors import ParameterError
from detector.network.assembly import DetectorNetwork
from detector.network.geometry import measure
from detector.recipe import Recipe
from detector.texts import STATE_BYTES, parse_json, read_text
from detector.training.history import PROGRESS_FILE

Precision = Literal["float32", "bfloat16", "float16"]
PrecisionName = Literal["auto", "float32", "bfloat16", "float16"]
MIXED: dict[Precision, str] = {"float32": "no", "bfloat16": "bf16", "float16": "fp16"}  # names in accelerate

SHORT = 5e12  # multiply-adds; a shorter training ends before a trial is worth its time
WORTH = 1.2  # bfloat16 must be this many times as fast as float32
TRIAL_CLIPS = 8
TRIAL_STEPS = 3


def accelerator_for(device: DeviceName, precision: Precision) -> Accelerator:
    """Set up the device and precision of training; raise `ConfigurationError` if this machine does not support them."""
    on_cpu = choose_device(device).type == "cpu"  # explicit, or several processes would not join
    if on_cpu and precision == "float16":
        raise ParameterError("precision", precision, "is not possible on a CPU", "float32, bfloat16")
    try:
        return Accelerator(cpu=on_cpu, mixed_precision=MIXED[precision])
    except ValueError as error:
        raise ParameterError("precision", precision, f"is not possible here: {error}") from error


def settle(name: PrecisionName, recipe: Recipe, device: DeviceName, n_clips: int, begun: Path | None) -> Precision:
    """Return the precision to train in; "auto" means that of the resumed run, or else the winner of a trial.

    A short training uses float32 without a trial, so that it gives the same weights on every run. All processes of a
    run agree.

    Parameters
    ----------
    n_clips : int
        Training clips in an epoch.
    begun : Path or None
        The folder of the run to resume; None for a new run.
    """
    if name != "auto":
        return name
    if begun is not None and (stored := _read_precision(begun)) is not None:
        return stored
    hardware = choose_device(device)
    per_clip = 3 * measure(recipe).multiply_adds  # the backward pass costs twice the forward pass
    is_short = per_clip * n_clips * recipe.training.epochs < SHORT
    chosen: Precision = "float32" if is_short else try_bfloat16(recipe, hardware)
    PartialState(cpu=hardware.type == "cpu")
    return broadcast_object_list([chosen])[0]


def try_bfloat16(recipe: Recipe, device: torch.device) -> Precision:
    """Time steps of training in both precisions; return "bfloat16" if it is `WORTH` times as fast as "float32".

    Instructions for bfloat16 do not always make it faster: of two processors that have them, it was faster on one and
    slower on the other (docs/decisions/0007).
    """
    if not has_bfloat16(device):
        return "float32"
    keep_freed_memory()
    network = DetectorNetwork(recipe).to(device).train()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    n_clips = min(TRIAL_CLIPS, recipe.training.batch_size, network.geometry.windows_at_once(TRIAL_CLIPS))
    inputs = torch.randn(n_clips, recipe.n_bands, recipe.window_frames, device=device)
    times: dict[Precision, list[float]] = {"float32": [], "bfloat16": []}
    for _ in range(1 + TRIAL_STEPS):  # in turn, so that other load on the machine slows both
        for precision, seconds in times.items():
            seconds.append(_step(network, inputs, precision))
    fastest = {precision: min(seconds[1:]) for precision, seconds in times.items()}  # the first step warms up
    return "bfloat16" if fastest["float32"] >= WORTH * fastest["bfloat16"] else "float32"


def has_bfloat16(device: torch.device) -> bool:
    """Return whether a device has instructions for bfloat16."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu":
        return False
    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")  # private: torch has no public function for this
    return any(getattr(torch.cpu, name, lambda: False)() for name in checks)


def _step(network: DetectorNetwork, inputs: torch.Tensor, precision: Precision) -> float:
    """Time a forward and a backward pass, s."""
    started = perf_counter()
    with torch.autocast(inputs.device.type, torch.bfloat16, enabled=precision == "bfloat16"):
        logits = network(inputs)
    logits.float().square().mean().backward()
    if inputs.device.type == "cuda":
        torch.cuda.synchronize(inputs.device)
    network.zero_grad()
    return perf_counter() - started


def _read_precision(work: Path) -> Precision | None:
    """Read the precision of a run, or of a part of it; None if no state names one."""
    for path in sorted(work.rglob(PROGRESS_FILE)):
        try:
            content: Any = parse_json(read_text(path, STATE_BYTES))
        except (OSError, ValueError):
            continue  # `Trainer` reports damaged states
        precision = content.get("precision", "float32") if isinstance(content, dict) else None
        if precision in MIXED:
            return precision
    return None
