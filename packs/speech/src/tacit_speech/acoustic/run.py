"""A training run in a folder: begun, gone on with by the same command, and finished."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tacit.errors import RunExists
from tacit.learn.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from tacit.learn.settings import first_difference
from tacit.store.run_folder import RunFolder
from tacit_speech.acoustic.acoustic_model import AcousticModel
from tacit_speech.acoustic.corpus import Gathered, SoundsOnDisk
from tacit_speech.acoustic.training import EpochDone, Trainer, TrainingSettings

PACKAGES = ("tacit", "tacit-speech", "torch", "numpy", "av")


@dataclass(frozen=True)
class TrainingRun:
    """What a run depends on.

    Args:
        folder: of the run.
        model: untrained.
        settings: of the training.
        seed: of everything.
        command: the words of the call, for the record.
    """

    folder: Path
    model: AcousticModel
    settings: TrainingSettings
    seed: int
    command: Sequence[str]

    def train(
        self,
        corpus: SoundsOnDisk,
        gathered: Gathered,
        noises: Sequence[NDArray[np.float32]] = (),
        after_epoch: Callable[[EpochDone], None] | None = None,
    ) -> dict[str, Any]:
        """Train from wherever the folder stands to the end; the model is saved there, and its record returned.

        Args:
            corpus: to learn from.
            gathered: its recordings, for the record.
            noises: recordings of noise.
            after_epoch: is told what each epoch came to.

        Raises:
            RunExists: the folder holds another run, or files that are no run.
            BadFile: its record or its checkpoint is damaged. CannotWrite: the disk is full or read-only.
            Diverged: the loss is not finite.
        """
        folder = RunFolder(self.folder)
        record = self._record(folder, gathered)
        if record["status"] == "finished":
            self.model.network.load_state_dict(AcousticModel.load(self.folder).network.state_dict())
            return record
        trainer = Trainer(self.model, corpus, self.settings, self.seed, noises)
        rows = self._restore(trainer)
        folder.write_record(record)
        began_s, spent_s = time.process_time(), float(rows[-1]["cpu_s"]) if rows else 0.0

        def keep(done: EpochDone) -> None:
            rows.append({**asdict(done), "cpu_s": round(spent_s + time.process_time() - began_s, 2)})
            tensors, plain = trainer.state()
            arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
            write_checkpoint(
                folder.checkpoint_path, Checkpoint(done.epoch, arrays, {"trainer": plain, "rows": rows}, self.folder)
            )
            folder.write_progress(rows)
            if after_epoch is not None:
                after_epoch(done)

        trainer.run(keep)
        self.model.save(self.folder)
        record = {**record, "status": "finished", "results": {"loss": rows[-1]["loss"], "cpu_s": rows[-1]["cpu_s"]}}
        folder.write_record(record)
        return record

    def _restore(self, trainer: Trainer) -> list[dict[str, Any]]:
        checkpoint = read_checkpoint(RunFolder(self.folder).checkpoint_path)
        if checkpoint is None:
            return []
        tensors = {name: torch.from_numpy(array.copy()) for name, array in checkpoint.arrays.items()}
        trainer.restore(tensors, checkpoint.facts["trainer"])
        return list(checkpoint.facts["rows"])

    def _record(self, folder: RunFolder, gathered: Gathered) -> dict[str, Any]:
        wanted: dict[str, Any] = json.loads(
            json.dumps(
                {
                    **self.model.as_json(),
                    "training": asdict(self.settings),
                    "seed": self.seed,
                    "recordings": recordings_hash(gathered),
                }
            )
        )
        if folder.exists():
            record = folder.record()
            if record.get("settings") != wanted:
                raise RunExists(
                    str(self.folder),
                    got=f"a run with {first_difference(record.get('settings', {}), wanted)}",
                    expected="an empty folder, or a run with the same settings and recordings to go on with",
                    do="Choose another --out, or delete the folder",
                )
            return record
        if self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir())):
            raise RunExists(
                str(self.folder),
                got="files that are no run",
                expected="a new or empty folder",
                do="Choose another --out",
            )
        return {
            "verb": "speech train",
            "status": "running",
            "command": list(self.command),
            "settings": wanted,
            "versions": {package: version(package) for package in PACKAGES},
            "platform": {"python": platform.python_version(), "machine": platform.machine(), "cores": os.cpu_count()},
            "started_at_s": time.time(),
            "results": {},
        }


def recordings_hash(gathered: Gathered) -> str:
    """Return a hash of which recordings a run learns from: their names, words, places and lengths."""
    digest = hashlib.sha256()
    for one, n_samples in zip(gathered.recordings, gathered.n_samples.tolist(), strict=True):
        digest.update(repr((one.name, one.text, one.start_s, one.end_s, n_samples)).encode())
    return digest.hexdigest()
