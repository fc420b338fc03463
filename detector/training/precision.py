"""What training computes in: the precision that was asked for, or the one that a trial finds to be faster."""

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
MIXED: dict[Precision, str] = {"float32": "no", "bfloat16": "bf16", "float16": "fp16"}  # by accelerate's names

SHORT = 5e12  # multiply-adds of a training that is over before a trial is worth its time
WORTH = 1.2  # times as fast as float32 that bfloat16 must be
CLIPS, STEPS = 8, 3  # of a trial


def accelerator_for(device: DeviceName, precision: Precision) -> Accelerator:
    """Set up what training runs on; raise `ConfigurationError` where this machine cannot."""
    on_cpu = choose_device(device).type == "cpu"  # said outright, or several processes would not join
    if on_cpu and precision == "float16":
        raise ParameterError("precision", precision, "is not possible on a CPU", "float32, bfloat16")
    try:
        return Accelerator(cpu=on_cpu, mixed_precision=MIXED[precision])
    except ValueError as error:
        raise ParameterError("precision", precision, f"is not possible here: {error}") from error


def settle(name: PrecisionName, recipe: Recipe, device: DeviceName, n_clips: int, begun: Path | None) -> Precision:
    """Settle what "auto" stands for: what a run that goes on began with, or else what a trial says.

    Short trainings compute in float32, so that they do not depend on a trial. All processes of a run agree.

    Parameters
    ----------
    n_clips : int
        To learn from, in an epoch.
    begun : Path or None
        The folder of a run that goes on, if there is one.
    """
    if name != "auto":
        return name
    if begun is not None and (known := _begun_with(begun)) is not None:
        return known
    place = choose_device(device)
    steps = (
        3 * measure(recipe).multiply_adds * n_clips * recipe.training.epochs
    )  # backward costs twice the forward pass
    chosen: Precision = "float32" if steps < SHORT else faster(recipe, place)
    PartialState(cpu=place.type == "cpu")
    return broadcast_object_list([chosen])[0]


def faster(recipe: Recipe, device: torch.device) -> Precision:
    """Try steps of training in float32 and, where the device has it, in bfloat16; take the latter if it is worth it.

    Having the instructions is not enough: of two processors with them, bfloat16 was faster on one and slower on the
    other (docs/decisions/0007).
    """
    if not has_bfloat16(device):
        return "float32"
    keep_freed_memory()
    network = DetectorNetwork(recipe).to(device).train()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    clips = min(CLIPS, recipe.training.batch_size, network.geometry.windows_at_once(CLIPS))
    inputs = torch.randn(clips, recipe.n_bands, recipe.window_frames, device=device)
    times: dict[Precision, list[float]] = {"float32": [], "bfloat16": []}
    for _ in range(1 + STEPS):  # in turn, so that what else the machine does slows both
        for precision, of in times.items():
            of.append(_step(network, inputs, precision))
    float32, bfloat16 = (min(of[1:]) for of in times.values())  # the first ones warm up
    return "bfloat16" if float32 >= WORTH * bfloat16 else "float32"


def has_bfloat16(device: torch.device) -> bool:
    """Tell whether a device has instructions for bfloat16."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu":
        return False
    tells = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")  # private: torch has no public way to ask
    return any(getattr(torch.cpu, name, lambda: False)() for name in tells)


def _step(network: DetectorNetwork, inputs: torch.Tensor, precision: Precision) -> float:
    """Do a forward and a backward pass; give the seconds that it took."""
    on_card = inputs.device.type == "cuda"
    started = perf_counter()
    with torch.autocast(inputs.device.type, torch.bfloat16, enabled=precision == "bfloat16"):
        logits = network(inputs)
    logits.float().square().mean().backward()
    if on_card:
        torch.cuda.synchronize(inputs.device)
    network.zero_grad()
    return perf_counter() - started


def _begun_with(work: Path) -> Precision | None:
    """Read what a run, or a part of it, began with; None where no state says so."""
    for path in sorted(work.rglob(PROGRESS_FILE)):
        try:
            content: Any = parse_json(read_text(path, STATE_BYTES))
        except (OSError, ValueError):
            continue  # `Trainer` tells what is wrong with a state
        known = content.get("precision", "float32") if isinstance(content, dict) else None
        if known in MIXED:
            return known
    return None
