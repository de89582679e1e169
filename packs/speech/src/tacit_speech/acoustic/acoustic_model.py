"""A trained acoustic model with all it needs to hear: alphabet, spectrogram, normalisation, weights; and its folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load, save

from tacit.errors import BadFile, BadValue
from tacit.store.run_folder import read_json, write_bytes, write_json
from tacit_speech.acoustic.model import DeepSpeech, ModelSettings
from tacit_speech.acoustic.spectrogram import Normalization, Spectrogram
from tacit_speech.alphabet import Alphabet
from tacit_speech.posteriors import Posteriors

FORMAT = 1
SETTINGS_FILE, WEIGHTS_FILE = "model.json", "model.safetensors"


@dataclass(frozen=True, eq=False)
class AcousticModel:
    """Sound → log-posteriors of an alphabet's symbols.

    Args:
        alphabet: what it writes with.
        spectrogram: how sound becomes frames.
        normalization: of the frames.
        network: in evaluation mode once trained.
    """

    alphabet: Alphabet
    spectrogram: Spectrogram
    normalization: Normalization
    network: DeepSpeech

    @staticmethod
    def new(
        alphabet: Alphabet,
        spectrogram: Spectrogram,
        normalization: Normalization,
        settings: ModelSettings,
        *,
        seed: int,
    ) -> AcousticModel:
        """Return an untrained model whose weights are drawn by `seed`; no other generator is touched."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = DeepSpeech(spectrogram.n_bands, len(alphabet), settings)
        return AcousticModel(alphabet, spectrogram, normalization, network.eval())

    @property
    def sample_rate_hz(self) -> int:
        """Of the sound that it takes."""
        return self.spectrogram.sample_rate_hz

    @property
    def frame_s(self) -> float:
        """Seconds from one row of posteriors to the next."""
        return self.spectrogram.hop_samples * self.network.stride / self.sample_rate_hz

    @property
    def n_parameters(self) -> int:
        """Numbers that training sets."""
        return sum(weights.numel() for weights in self.network.parameters())

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.network.head.weight.device

    def rows_of(self, n_samples: int) -> int:
        """Return how many rows of posteriors so many samples yield."""
        n_frames = torch.tensor([self.spectrogram.n_frames(n_samples)])
        return int(self.network.output_lengths(n_frames)[0])

    def posteriors(self, sounds: Sequence[NDArray[np.float32]], *, batch_size: int = 32) -> list[Posteriors]:
        """Return what the model says of each recording, in their order.

        Args:
            sounds: samples between −1 and 1 at `sample_rate_hz`, shape (samples,) each; an empty one has no rows.
            batch_size: most recordings at once.
        """
        frames = [self.normalization.apply(self.spectrogram.frames(sound)) for sound in sounds]
        tables = [np.zeros((0, len(self.alphabet)), np.float32)] * len(frames)
        heard = sorted((n for n, one in enumerate(frames) if len(one)), key=lambda n: len(frames[n]))
        self.network.eval()
        for first in range(0, len(heard), batch_size):
            rows = heard[first : first + batch_size]
            padded, lengths = pad([frames[row] for row in rows])
            with torch.inference_mode():
                out, out_lengths = self.network(padded.to(self.device), lengths)
            for row, table, n in zip(rows, out.cpu().numpy(), out_lengths.tolist(), strict=True):
                tables[row] = table[:n].copy()
        return [Posteriors(table, self.alphabet, self.frame_s) for table in tables]

    def save(self, folder: Path) -> None:
        """Write the model into a folder: settings as JSON, weights as safetensors.

        Raises:
            CannotWrite: the disk is full or read-only.
        """
        write_bytes(
            folder / WEIGHTS_FILE, save({k: v.contiguous().cpu() for k, v in self.network.state_dict().items()})
        )
        write_json(folder / SETTINGS_FILE, {"format": FORMAT, "kind": "acoustic model", **self.as_json()})

    def as_json(self) -> dict[str, Any]:
        """Return all but the weights."""
        return {
            "alphabet": self.alphabet.as_json(),
            "spectrogram": asdict(self.spectrogram),
            "normalization": asdict(self.normalization),
            "model": self.network.settings.as_json(),
        }

    @staticmethod
    def load(folder: Path) -> AcousticModel:
        """Return the model in a folder that `save` wrote; on the accelerator when there is one.

        Raises:
            BadFile: there is none, or it is damaged or of a later format.
        """
        settings = read_json(folder / SETTINGS_FILE)
        if settings.get("kind") != "acoustic model" or settings.get("format", 0) > FORMAT:
            got = f"{settings.get('kind', 'something else')}, format {settings.get('format')}"
            raise BadFile(str(folder / SETTINGS_FILE), got=got, expected=f"an acoustic model, format {FORMAT} or lower")
        path = folder / WEIGHTS_FILE
        try:
            model = AcousticModel.new(
                Alphabet.from_json(settings["alphabet"]),
                Spectrogram(**settings["spectrogram"]),
                Normalization(**settings["normalization"]),
                ModelSettings.from_json(settings["model"]),
                seed=0,
            )
        except (KeyError, TypeError, BadValue) as error:
            raise BadFile(str(folder / SETTINGS_FILE), got=str(error), expected="the settings of a model") from None
        try:
            model.network.load_state_dict(load(path.read_bytes()))
        except FileNotFoundError:
            raise BadFile(str(path), got="no such file", expected="the weights of the model beside it") from None
        except (SafetensorError, RuntimeError) as error:
            first = str(error).partition("\n")[0]
            raise BadFile(str(path), got=first, expected="weights that fit the settings beside it") from None
        model.network.to(best_device())
        return model


def best_device() -> torch.device:
    """Return the accelerator if there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def pad(frames: Sequence[NDArray[np.float32]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return frames of several recordings as one batch, 0 where they have ended, and their lengths."""
    lengths = [len(one) for one in frames]
    batch = np.zeros((len(frames), max(lengths), frames[0].shape[1]), np.float32)
    for row, one in enumerate(frames):
        batch[row, : len(one)] = one
    return torch.from_numpy(batch), torch.tensor(lengths)
