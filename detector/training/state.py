"""The state of a training run in its folder: checkpoints to resume from, and the weights of the best epoch."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path

from accelerate import Accelerator
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from detector.errors import OutputError, Parameter, one_line
from detector.outputs import own_file
from detector.texts import STATE_BYTES, parse_json, read_text
from detector.training.history import PROGRESS_FILE, Epoch, History
from detector.training.place import written

BEST_FILE = "best.safetensors"


class State:
    """The folder of a run: checkpoints, progress, best weights. Each file is complete or missing.

    Parameters
    ----------
    work : Path
        The folder; made when it is first written.
    accelerator : Accelerator
        Saves and loads the network and the optimizer.
    """

    def __init__(self, work: Path, accelerator: Accelerator) -> None:
        self.work = work
        self._accelerator = accelerator

    def save_best(self, network: nn.Module) -> None:
        """Keep the weights of the best epoch so far."""
        if self._accelerator.is_main_process:
            tensors = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
            with written(self.work):
                self.work.mkdir(parents=True, exist_ok=True)
                with own_file(self.work / BEST_FILE) as temporary:
                    save_file(tensors, temporary)

    def best(self) -> dict[str, Tensor]:
        """Read the weights of the best epoch; raise `OutputError` if that fails."""
        try:
            return load_file(self.work / BEST_FILE)
        except (OSError, SafetensorError) as error:
            raise OutputError(
                f"{self.work / BEST_FILE}: cannot be read: {one_line(error)}; begin anew with {Parameter('force')}"
            ) from error

    def save(self, history: History) -> None:
        """Write the state under a new name, then name it in the progress file; a killed run keeps the state before."""
        number = len(history.epochs)
        with written(self.work):
            self._accelerator.save_state(str(self.work / f"state-{number}"))
            if self._accelerator.is_main_process:
                with own_file(self.work / PROGRESS_FILE) as temporary:
                    temporary.write_text(json.dumps(asdict(history)), encoding="utf-8")
                shutil.rmtree(self.work / f"state-{number - 1}", ignore_errors=True)
        self._accelerator.wait_for_everyone()

    def resume(self, history: History) -> History:
        """Load the state of the run with the key of `history`, and give its history; as it was, where none began.

        Raises
        ------
        OutputError
            If the state belongs to another run, or cannot be read.
        """
        if not (self.work / PROGRESS_FILE).is_file():
            return history
        try:
            content = parse_json(read_text(self.work / PROGRESS_FILE, STATE_BYTES))
            key = content["key"]
            epochs = [Epoch(**epoch) for epoch in content["epochs"]]
            best = content["best"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise OutputError(
                f"{self.work}: cannot be resumed: {one_line(error)}; begin anew with {Parameter('force')}"
            ) from error
        if key != history.key:
            raise OutputError(
                f"{self.work}: belongs to another recipe, seed or set of clips, or another {Parameter('start')} or "
                f"{Parameter('freeze')}; begin anew with {Parameter('force')} instead of {Parameter('resume')}"
            )
        try:
            self._accelerator.load_state(str(self.work / f"state-{len(epochs)}"))
        except Exception as error:  # the libraries raise errors of many types on a damaged state
            problem = str(error).partition("\n")[0] or type(error).__name__
            raise OutputError(
                f"{self.work}: cannot be resumed: {problem}; begin anew with {Parameter('force')}"
            ) from error
        return History(key, epochs, best, history.precision)
