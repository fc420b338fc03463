"""Mine hard negatives: from clips and a model to a model that was also trained on its false alarms."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from detector.clips import CLIPS_FOLDER, ClipStore, open_clips
from detector.device import choose_device
from detector.errors import OutputError, Parameter
from detector.extraction.known import read_known
from detector.mining.add import add_clips, mined_starts
from detector.mining.rounds import ROUNDS_FILE, WORK_FOLDER, Rounds, finished_round
from detector.mining.scans import MineMaterial, material
from detector.model import Model, load_model
from detector.model_folder import MODEL_FOLDER
from detector.operating.points import operating_toml
from detector.outputs import new_folder, refuse_folder
from detector.presets import find_folder
from detector.progress import SILENT, Progress
from detector.provenance import MiningRecord, Origin, Provenance, Round, read_provenance, today, write_provenance
from detector.training.fitting import fitting
from detector.training.place import check_place
from detector.training.precision import accelerator_for
from detector.training.train import TrainSettings, can_resume, settled, train, work_of


@dataclass(frozen=True)
class MinePlan:
    """How to mine.

    Attributes
    ----------
    rounds : int
        Most rounds to train.
    per_round : int or None
        Most clips that a round adds; None for the number of clips of calls in the split train.
    keep_clips : Path or None
        Where to write the clips of the best model; None to discard them.
    training : TrainSettings
        How to train each round. Without `start`, each round begins with new weights, because weights fitted to the
        earlier clips keep their mistakes.
    """

    rounds: int = 3
    per_round: int | None = None
    keep_clips: Path | None = None
    training: TrainSettings = field(default_factory=TrainSettings)


@dataclass(frozen=True)
class Mined:
    """The result: the rounds, the number of the best one, and the number of recordings that could not be read."""

    rounds: tuple[Round, ...]
    best: int
    failed: int


def mine(clips: Path, model: str, output: Path, plan: MinePlan, progress: Progress = SILENT) -> Mined:
    """Scan the training recordings, add the false alarms to the clips and train again, until a round does not help.

    Raises
    ------
    ClipsError
        If the clips have another front end than the model, or their recordings are unknown or missing.
    ConfigurationError
        If a setting is not possible.
    OutputError
        If an output exists or cannot be written.
    """
    start = plan.training.start
    base = find_folder(model)
    work = _check_outputs((clips, base), output, plan.keep_clips, force=plan.training.force)
    store = open_clips(clips)
    first = load_model(base, choose_device(plan.training.device))
    origin, *_ = read_provenance(base).origins(base.absolute().name, first.fingerprint())
    recipe = fitting(first.recipe, store)
    if start is not None:
        start.check(recipe)
    precision = settled(plan.training, recipe, store, work)
    accelerator_for(plan.training.device, precision)
    plan = replace(plan, training=replace(plan.training, precision=precision))
    recordings = material(read_known(clips), clips, progress)
    if plan.training.resume and not (work / ROUNDS_FILE).is_file():
        progress.say(f"nothing to resume in {work}: mining begins anew")
    _begin(work, plan.training)
    rounds = Rounds(work / ROUNDS_FILE, _key(first, store, plan))
    loop = Loop(clips, base, origin, output, work, plan, recordings, rounds, progress)
    loop.run()
    loop.write()
    return Mined(tuple(loop.rounds.done), loop.rounds.best, len(recordings.failed))


def _key(first: Model, store: ClipStore, plan: MinePlan) -> str:
    """Return text that stands for all inputs of the rounds: rounds resume only with the same key.

    It covers the thresholds, because they decide which windows are hard.
    """
    operating = hashlib.sha256(operating_toml(first.operating).encode()).hexdigest()[:12]
    start = plan.training.start and plan.training.start.key
    return f"{first.fingerprint()} {operating} {store.fingerprint()} {plan.training.seed} {plan.per_round} {start}"


def _check_outputs(inputs: tuple[Path, Path], output: Path, keep_clips: Path | None, *, force: bool) -> Path:
    """Return the folder of the state of the rounds, after a check that no folder of the run lies in another.

    Parameters
    ----------
    inputs : (Path, Path)
        The clips, and the model, which the output may replace.

    Raises
    ------
    OutputError
        If an output exists (unless `force`), or lies in another folder of the run.
    """
    outputs = [output] if keep_clips is None else [output, keep_clips]
    work = output.with_name(f"{output.name}.mining")
    clips, model = inputs
    for folder in outputs:
        _refuse_within(folder, [clips, *(other for other in (*outputs, work) if other is not folder)])
    for folder in inputs:
        _refuse_within(folder, [work])
    if keep_clips is not None:
        _refuse_within(keep_clips, [model])
    for folder, kind in zip(outputs, (MODEL_FOLDER, CLIPS_FOLDER)):
        refuse_folder(folder, kind, force=force)
        check_place(folder.parent)
    return work


def _refuse_within(folder: Path, others: Iterable[Path]) -> None:
    place = folder.resolve()
    if any(other.resolve() in (place, *place.parents) for other in others):
        raise OutputError(f"{folder}: is, or lies in, another folder of this run; choose another place")


def _begin(work: Path, settings: TrainSettings) -> None:
    """Remove earlier rounds, unless they are resumed; raise `OutputError` if that would lose rounds or other files."""
    if not work.exists() and not work.is_symlink():
        return
    if work.is_symlink() or not WORK_FOLDER.is_kind_of(work):
        raise OutputError(f"{work}: is not a folder of rounds; the rounds need this place, so move it away")
    if (work / ROUNDS_FILE).is_file():
        if settings.resume:
            return
        if not settings.force:
            raise OutputError(
                f"{work}: holds rounds that were stopped; continue them with {Parameter('resume')}, or begin anew with "
                f"{Parameter('force')}"
            )
    shutil.rmtree(work)


@dataclass
class Loop:
    """Run the rounds; each has a folder with its clips and its model: `round-1/clips`, `round-1/NAME`, and so on."""

    clips: Path
    base: Path
    origin: Origin
    output: Path
    work: Path
    plan: MinePlan
    material: MineMaterial
    rounds: Rounds
    progress: Progress

    def run(self) -> None:
        """Run rounds, after those that are already done, until one does not help."""
        if self.rounds.path.is_file():
            self.rounds.read()
        else:
            self._judge(0, 0, 0)
        while len(self.rounds.done) <= self.plan.rounds and self.rounds.helping:
            if not self._run_round(len(self.rounds.done)):
                break

    def model(self, number: int) -> Path:
        """Return the folder of the model of a round."""
        return self.base if number == 0 else self.work / f"round-{number}" / self.output.name

    def clips_of(self, number: int) -> Path:
        """Return the folder of the clips of a round."""
        return self.clips if number == 0 else self.work / f"round-{number}" / "clips"

    def _run_round(self, number: int) -> bool:
        """Add the false alarms of the model before, and train; return whether there were any."""
        before = open_clips(self.clips_of(number - 1))
        folder = self.clips_of(number)
        recipe = self._load(number - 1).recipe
        if not folder.is_dir() and not self._add_clips(number):
            return False
        resume = can_resume(work_of(self.model(number)))
        settings = replace(self.plan.training, resume=resume, force=False)
        if not self.model(number).is_dir():
            train(folder, self.model(number), recipe, settings, self.progress)
        added = open_clips(folder).index.iloc[len(before) :]
        self._judge(number, len(added), added["recording"].nunique())
        return True

    def _add_clips(self, number: int) -> bool:
        """Find the false alarms of the model before, and write the clips of a round; return whether there were any."""
        before = open_clips(self.clips_of(number - 1))
        train_calls = (before.index["split"] == "train") & (before.index["kind"] == "call")
        most = int(train_calls.sum()) if self.plan.per_round is None else self.plan.per_round
        finds = self.material.find(self._load(number - 1), mined_starts(before), most)
        alarms = sum(1 for find in finds if find.hardness >= 1)
        self.progress.say(
            f"round {number}: {len(finds)} windows score high where nothing is annotated, {alarms} over the threshold"
        )
        if not finds:
            return False
        report = add_clips(before, self.clips_of(number), finds, self.material.train)
        for line in (*report.notes, *report.failed):
            self.progress.say(line)
        return True

    def _judge(self, number: int, added: int, recordings: int) -> None:
        """Measure the model of a round on the validation recordings, and add the round to the finished ones."""
        done = finished_round(self.material.judge(self._load(number)), added, recordings)
        self.rounds.add(done)
        self.progress.say(
            f"round {number}: average precision {done.average_precision:.4f}, F1 {done.f1:.4f} on the validation "
            f"recordings, {added} clips added"
        )

    def _load(self, number: int) -> Model:
        return load_model(self.model(number), choose_device(self.plan.training.device))

    def write(self) -> None:
        """Write the best model, whose provenance lists the rounds, and its clips if the plan keeps them.

        The clips come first, because they may fill the disk. Then no model is written, and `resume` writes both.
        """
        best = self.rounds.best
        force = self.plan.training.force
        if self.plan.keep_clips is not None and best > 0:
            with new_folder(self.plan.keep_clips, CLIPS_FOLDER, force=force) as folder:
                for path in self.clips_of(best).iterdir():
                    shutil.copyfile(path, folder / path.name)  # copies the targets of links
        with new_folder(self.output, MODEL_FOLDER, force=force) as folder:
            for name in MODEL_FOLDER.files:
                if (self.model(best) / name).is_file():
                    shutil.copyfile(self.model(best) / name, folder / name)
            write_provenance(folder, self._provenance(), self._load(best).recipe)
        shutil.rmtree(self.work, ignore_errors=True)

    def _provenance(self) -> Provenance:
        """Return the provenance of the best model, with the rounds added."""
        best = self.rounds.best
        # if the first model is kept, its own provenance already holds its licence and data
        origin = Origin(name=self.origin.name, fingerprint=self.origin.fingerprint) if best == 0 else self.origin
        record = MiningRecord(
            date=today(),
            origin=origin,
            training_recordings=len(self.material.train),
            validation_recordings=len(self.material.validation),
            kept=best,
            round=tuple(self.rounds.done),
        )
        kept = read_provenance(self.model(best))
        return kept.model_copy(update={"name": self.output.name, "mining": (*kept.mining, record)})
