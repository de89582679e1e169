"""Posteriors while somebody is still speaking: each layer keeps what it needs of the past, and waits no longer."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from tacit.errors import BadValue
from tacit_speech.acoustic.acoustic_model import AcousticModel
from tacit_speech.acoustic.layers import Convolution, GatedRecurrence
from tacit_speech.posteriors import Posteriors


class Stream:
    """One recording as it comes in; its rows are those that the model would give of the whole, up to rounding.

    Args:
        model: unidirectional, and normalised by its corpus: what looks at the whole recording cannot be streamed.

    Raises:
        BadValue: a model that looks at the whole recording.

    Source: Amodei et al. 2016, sections 3.6 and 7, arXiv:1512.02595.
    """

    def __init__(self, model: AcousticModel) -> None:
        if model.network.settings.both_ways or model.normalization.over != "corpus":
            raise BadValue(
                "model",
                got="one that hears the whole recording before it answers",
                expected="one trained with --streaming",
            )
        self._model, network = model, model.network
        self._samples = np.zeros(0, np.float32)
        self._convolutions = [_StreamedConvolution(layer) for layer in network.convolutions]  # type: ignore[arg-type]
        self._states: list[Tensor | None] = [None] * len(network.recurrences)
        self._ahead: Tensor | None = None
        self._rows, self._heard, self._finished = 0, 0, False

    @property
    def delay_s(self) -> float:
        """Seconds of sound that must follow a row's own before the row is known."""
        model, frames, stride = self._model, 0, 1
        for one in model.network.settings.convolutions:
            frames += one.kernel[0] // 2 * stride
            stride *= one.stride[0]
        frames += model.network.settings.lookahead * stride
        return model.spectrogram.window_s + frames * model.spectrogram.hop_s

    def push(self, samples: NDArray[np.float32]) -> Posteriors:
        """Take more sound and return the rows that are now known, perhaps none.

        Args:
            samples: between −1 and 1, at the model's rate, shape (samples,).

        Raises:
            BadValue: the stream has been finished.
        """
        if self._finished:
            raise BadValue("stream", got="more sound after its end", expected="a new stream for a new recording")
        self._heard += len(samples)
        self._samples = np.concatenate([self._samples, samples])
        spectrogram = self._model.spectrogram
        if len(self._samples) < spectrogram.window_samples:
            return self._posteriors(None)
        n_frames = spectrogram.n_frames(len(self._samples))
        frames = spectrogram.frames(self._samples)
        self._samples = self._samples[n_frames * spectrogram.hop_samples :]
        return self._advance(frames, last=False)

    def finish(self) -> Posteriors:
        """Return the rows that waited for a future which does not come."""
        spectrogram = self._model.spectrogram
        too_short = 0 < self._heard < spectrogram.window_samples  # one frame, filled up with silence
        frames = spectrogram.frames(self._samples if too_short else self._samples[:0])
        self._finished = True
        return self._advance(frames, last=True) if self._heard else self._posteriors(None)

    def _advance(self, frames: NDArray[np.float32], *, last: bool) -> Posteriors:
        network = self._model.network.eval()
        normalized = torch.from_numpy(self._model.normalization.apply(frames)).to(self._model.device)
        with torch.inference_mode():
            values: Tensor = normalized[None, None]
            for convolution in self._convolutions:
                values = convolution.push(values, last=last)
            data = values.transpose(1, 2).flatten(2)[0]
            for number, layer in enumerate(network.recurrences):
                assert isinstance(layer, GatedRecurrence)  # noqa: S101 (a ModuleList does not say what it holds)
                if len(data):
                    packed, self._states[number] = layer(_one(data), self._states[number])
                    data = packed.data
            data = self._look_ahead(data, last=last)
            return self._posteriors(network.symbols(data) if len(data) else None)

    def _look_ahead(self, data: Tensor, *, last: bool) -> Tensor:
        rows = self._model.network.row_convolution
        assert rows is not None  # noqa: S101 (there is one where there is one direction)
        width = self._model.network.settings.width
        columns = data.T if len(data) else data.new_zeros(width, 0)
        if self._ahead is not None:
            columns = torch.cat([self._ahead, columns], dim=1)
        if last:
            columns = torch.nn.functional.pad(columns, (0, rows.lookahead))
        self._ahead = columns[:, max(0, columns.shape[1] - rows.lookahead) :]
        if columns.shape[1] <= rows.lookahead:
            self._ahead = columns
            return data.new_zeros(0, width)
        return rows.rows(columns[None])[0]

    def _posteriors(self, rows: Tensor | None) -> Posteriors:
        model, start_s = self._model, self._rows * self._model.frame_s
        empty = np.zeros((0, len(model.alphabet)), np.float32)
        table = empty if rows is None else np.asarray(rows.cpu().numpy(), np.float32)
        self._rows += len(table)
        return Posteriors(table, model.alphabet, model.frame_s, start_s)


class _StreamedConvolution:
    """A convolution that keeps the frames which later ones will look back at."""

    def __init__(self, layer: Convolution) -> None:
        self._layer = layer
        self._kept: Tensor | None = None

    def push(self, values: Tensor, *, last: bool) -> Tensor:
        """Return the frames whose whole neighbourhood is known, shape (1, channels, frames, bands)."""
        (extent, extent_bands), (step, step_bands) = self._layer.kernel, self._layer.stride
        around = extent // 2
        if self._kept is None:
            self._kept = values.new_zeros(1, values.shape[1], around, values.shape[3])
        values = torch.cat([self._kept, values], dim=2)
        if last:
            values = torch.nn.functional.pad(values, (0, 0, 0, around))
        n_out = max(0, (values.shape[2] - extent) // step + 1)
        self._kept = values[:, :, n_out * step :]
        weights = self._layer.weights
        if not n_out:
            n_bands = (values.shape[3] + 2 * (extent_bands // 2) - extent_bands) // step_bands + 1
            return values.new_zeros(1, weights.out_channels, 0, n_bands)
        out = torch.nn.functional.conv2d(
            values, weights.weight, stride=self._layer.stride, padding=(0, extent_bands // 2)
        )
        return self._layer.activate(out, torch.ones(1, out.shape[2], dtype=torch.bool, device=out.device))


def _one(data: Tensor) -> PackedSequence:
    """Return the frames of one recording as a packed batch."""
    return PackedSequence(data, torch.ones(len(data), dtype=torch.int64))
