"""The use case: clips and a model in, a model that was trained on its own mistakes out, whole or not at all."""

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
from detector.mining.add import add_clips, mined
from detector.mining.rounds import ROUNDS_FILE, WORK_FOLDER, Rounds, judged
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
from detector.training.train import TrainSettings, settled, stopped, train, work_of


@dataclass(frozen=True)
class MinePlan:
    """How to mine.

    Attributes
    ----------
    rounds : int
        Rounds at most.
    per_round : int or None
        Clips that a round adds at most; None for as many as the split train has clips of calls.
    keep_clips : Path or None
        Where the clips of the model that is kept go.
    training : TrainSettings
        How each round is trained: from new weights, where it names no model to begin from, for weights that were fitted
        to the clips before keep to what they learned there.
    """

    rounds: int = 3
    per_round: int | None = None
    keep_clips: Path | None = None
    training: TrainSettings = field(default_factory=TrainSettings)


@dataclass(frozen=True)
class Mined:
    """What came of it: the rounds, the number of the one that was kept, and how many recordings could not be read."""

    rounds: tuple[Round, ...]
    best: int
    failed: int


def mine(clips: Path, model: str, output: Path, plan: MinePlan, progress: Progress = SILENT) -> Mined:
    """Scan the training recordings, add what was wrongly found to the clips, train again, until it stops helping.

    Raises
    ------
    ClipsError
        Where the clips are not of the model's front end, or their recordings are not known or not there.
    ConfigurationError, OutputError
        Where a setting is not possible, or an output exists.
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
    found = material(read_known(clips), clips, progress)
    if plan.training.resume and not (work / ROUNDS_FILE).is_file():
        progress.say(f"nothing to resume in {work}: begins anew")
    _begin(work, plan.training)
    rounds = Rounds(work / ROUNDS_FILE, _key(first, store, plan))
    loop = Loop(clips, base, origin, output, work, plan, found, rounds, progress)
    loop.run()
    loop.write()
    return Mined(tuple(loop.rounds.done), loop.rounds.best, len(found.failed))


def _key(first: Model, store: ClipStore, plan: MinePlan) -> str:
    """Name all that rounds follow from, for those that are resumed; thresholds decide what is hard to a model."""
    operating = hashlib.sha256(operating_toml(first.operating).encode()).hexdigest()[:12]
    start = plan.training.start and plan.training.start.key
    return f"{first.fingerprint()} {operating} {store.fingerprint()} {plan.training.seed} {plan.per_round} {start}"


def _check_outputs(inputs: tuple[Path, Path], output: Path, keep_clips: Path | None, *, force: bool) -> Path:
    """Raise `OutputError` where an output exists, or one folder of the run would take another's place; name the work.

    Parameters
    ----------
    inputs : (Path, Path)
        The clips, and the model, whose place the output may take.
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
    """Make way for new rounds; refuse where that would lose some that can go on, or what is not ours."""
    if not work.exists() and not work.is_symlink():
        return
    if work.is_symlink() or not WORK_FOLDER.is_kind_of(work):
        raise OutputError(f"{work}: is in the way of the state of the rounds; move it away")
    if (work / ROUNDS_FILE).is_file():
        if settings.resume:
            return
        if not settings.force:
            raise OutputError(
                f"{work}: holds rounds that were stopped; {Parameter('resume')} goes on with them, "
                f"{Parameter('force')} begins anew"
            )
    shutil.rmtree(work)


@dataclass
class Loop:
    """The rounds, with what each made in a folder: `round-1/clips`, `round-1/NAME`, and so on."""

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
        """Go through the rounds, from where they were stopped, until one does not help."""
        if self.rounds.path.is_file():
            self.rounds.read()
        else:
            self._add(0, 0, 0)
        while len(self.rounds.done) <= self.plan.rounds and self.rounds.helping:
            if not self._round(len(self.rounds.done)):
                break

    def model(self, number: int) -> Path:
        """Name the folder of a round's model."""
        return self.base if number == 0 else self.work / f"round-{number}" / self.output.name

    def clips_of(self, number: int) -> Path:
        """Name the folder of a round's clips."""
        return self.clips if number == 0 else self.work / f"round-{number}" / "clips"

    def _round(self, number: int) -> bool:
        """Add what the model of the round before finds wrongly, and train; give whether there was anything to add."""
        before = open_clips(self.clips_of(number - 1))
        folder = self.clips_of(number)
        recipe = self._load(number - 1).recipe
        if not folder.is_dir() and not self._add_clips(number):
            return False
        resume = stopped(work_of(self.model(number)))
        settings = replace(self.plan.training, resume=resume, force=False)
        if not self.model(number).is_dir():
            train(folder, self.model(number), recipe, settings, self.progress)
        added = open_clips(folder).index.iloc[len(before) :]
        self._add(number, len(added), added["recording"].nunique())
        return True

    def _add_clips(self, number: int) -> bool:
        """Find what the model of the round before takes for calls, and write the clips of a round."""
        before = open_clips(self.clips_of(number - 1))
        train_calls = (before.index["split"] == "train") & (before.index["kind"] == "call")
        most = int(train_calls.sum()) if self.plan.per_round is None else self.plan.per_round
        found = self.material.find(self._load(number - 1), mined(before), most)
        wrong = sum(1 for find in found if find.hardness >= 1)
        self.progress.say(
            f"round {number}: {len(found)} windows score high where nothing is annotated, {wrong} over the threshold"
        )
        if not found:
            return False
        report = add_clips(before, self.clips_of(number), found, self.material.train)
        for line in (*report.notes, *report.failed):
            self.progress.say(line)
        return True

    def _add(self, number: int, added: int, recordings: int) -> None:
        done = judged(self.material.judge(self._load(number)), added, recordings)
        self.rounds.add(done)
        self.progress.say(
            f"round {number}: average precision {done.average_precision:.4f}, F1 {done.f1:.4f} on the validation "
            f"recordings, {added} clips added"
        )

    def _load(self, number: int) -> Model:
        return load_model(self.model(number), choose_device(self.plan.training.device))

    def write(self) -> None:
        """Write the clips of the best model where they are wanted, and the model, whose provenance lists the rounds.

        The clips, which a disk may not hold, come first: without them there is no model, and `resume` writes both.
        """
        best = self.rounds.best
        force = self.plan.training.force
        if self.plan.keep_clips is not None and best > 0:
            with new_folder(self.plan.keep_clips, CLIPS_FOLDER, force=force) as folder:
                for path in self.clips_of(best).iterdir():
                    shutil.copyfile(path, folder / path.name)  # the files that links lead to
        with new_folder(self.output, MODEL_FOLDER, force=force) as folder:
            for name in MODEL_FOLDER.files:
                if (self.model(best) / name).is_file():
                    shutil.copyfile(self.model(best) / name, folder / name)
            write_provenance(folder, self._provenance(), self._load(best).recipe)
        shutil.rmtree(self.work, ignore_errors=True)

    def _provenance(self) -> Provenance:
        """Give the provenance of the best model with the rounds of this mining."""
        best = self.rounds.best
        # where the first model is kept, its own provenance has all of this but its name
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
