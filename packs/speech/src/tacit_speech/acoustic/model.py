"""The acoustic model of Deep Speech 2: convolutions, recurrent layers, and the log-posteriors of symbols."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from tacit.errors import BadValue
from tacit_speech.acoustic.layers import (
    Convolution,
    GatedRecurrence,
    RowConvolution,
    SequenceBatchNorm,
    SimpleRecurrence,
)
from tacit_speech.alphabet import BLANK

RECURRENCES = {"gru": GatedRecurrence, "rnn": SimpleRecurrence}


@dataclass(frozen=True)
class ConvolutionSettings:
    """One convolution.

    Args:
        channels: of its output.
        kernel: extent over (frames, bands), both odd.
        stride: step over (frames, bands).
    """

    channels: int
    kernel: tuple[int, int]
    stride: tuple[int, int]

    def __post_init__(self) -> None:
        if self.channels < 1 or any(extent < 1 or extent % 2 == 0 for extent in self.kernel) or min(self.stride) < 1:
            raise BadValue("convolution", got=self, expected="1 or more channels and steps, and odd extents")


SMALL = (ConvolutionSettings(16, (5, 7), (2, 2)), ConvolutionSettings(16, (5, 5), (1, 2)))
"""Two convolutions for hours of speech, not thousands of hours."""


@dataclass(frozen=True)
class ModelSettings:
    """The shape of an acoustic model.

    Args:
        convolutions: from the input up.
        cell: ``gru`` or ``rnn``, the clipped rectifier.
        layers: recurrent ones.
        width: units a recurrent layer and direction.
        both_ways: whether recurrent layers see the future; else a row convolution looks ahead.
        lookahead: frames that the row convolution sees of the future.
        dropout: share of units that training leaves out between layers.

    Raises:
        BadValue: an unknown cell, or a size below 1.

    Source: Amodei et al. 2016, section 3, arXiv:1512.02595 (its largest: 3 convolutions, 7 layers of 1,280 units).
    """

    convolutions: tuple[ConvolutionSettings, ...] = SMALL
    cell: str = "gru"
    layers: int = 2
    width: int = 96
    both_ways: bool = True
    lookahead: int = 10
    dropout: float = 0.1

    def __post_init__(self) -> None:
        if self.cell not in RECURRENCES:
            raise BadValue("cell", got=repr(self.cell), expected=" or ".join(RECURRENCES))
        if self.layers < 1 or self.width < 1 or self.lookahead < 0:
            raise BadValue("layers, width", got=f"{self.layers}, {self.width}", expected="1 or more")
        if not 0 <= self.dropout < 1:
            raise BadValue("dropout", got=self.dropout, expected="a share from 0 to below 1")

    def as_json(self) -> dict[str, Any]:
        """Return what `from_json` takes."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return the settings that `as_json` wrote."""
        stack = tuple(
            ConvolutionSettings(one["channels"], tuple(one["kernel"]), tuple(one["stride"]))
            for one in value["convolutions"]
        )
        return cls(**{**value, "convolutions": stack})


class DeepSpeech(nn.Module):
    """Frames of sound → log-posteriors of symbols.

    Args:
        n_bands: numbers a frame of sound.
        n_symbols: of the alphabet, the blank among them.
        settings: the shape.

    Source: Amodei et al. 2016, arXiv:1512.02595.
    """

    def __init__(self, n_bands: int, n_symbols: int, settings: ModelSettings) -> None:
        super().__init__()
        self.settings = settings
        channels, bands = 1, n_bands
        convolutions: list[Convolution] = []
        for one in settings.convolutions:
            convolutions.append(Convolution(channels, one.channels, one.kernel, one.stride))
            channels, bands = one.channels, -(-bands // one.stride[1])
        self.convolutions = nn.ModuleList(convolutions)
        recurrence, below = RECURRENCES[settings.cell], channels * bands
        layers = []
        for _ in range(settings.layers):
            layers.append(recurrence(below, settings.width, both_ways=settings.both_ways))
            below = settings.width
        self.recurrences = nn.ModuleList(layers)
        self.row_convolution = None if settings.both_ways else RowConvolution(settings.width, settings.lookahead)
        self.norm = SequenceBatchNorm(settings.width)
        self.head = nn.Linear(settings.width, n_symbols)
        nn.init.constant_(self.head.bias[BLANK : BLANK + 1], 2.0)  # most frames say nothing: begin there

    @property
    def stride(self) -> int:
        """Frames of sound for each row of posteriors."""
        stride = 1
        for one in self.settings.convolutions:
            stride *= one.stride[0]
        return stride

    def output_lengths(self, lengths: Tensor) -> Tensor:
        """Return how many rows of posteriors come out for each number of frames."""
        for layer in self.convolutions:
            lengths = layer.lengths(lengths)  # type: ignore[operator]  # a ModuleList does not say what it holds
        return lengths

    def forward(self, frames: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Return the log-posteriors of a padded batch.

        Args:
            frames: normalised, shape (utterances, frames, bands), float32.
            lengths: true frames of each utterance, at least 1, shape (utterances,), on the processor.

        Returns:
            Log-posteriors, shape (utterances, rows, symbols), and the true rows of each utterance.
        """
        real = torch.arange(frames.shape[1], device=frames.device) < lengths.to(frames.device)[:, None]
        values = (frames * real[:, :, None])[:, None]
        for layer in self.convolutions:
            values, lengths = layer(values, lengths)
        packed = pack_padded_sequence(
            values.transpose(1, 2).flatten(2), lengths.cpu(), batch_first=True, enforce_sorted=False
        )
        for number, layer in enumerate(self.recurrences):
            if number:
                packed = _replaced(packed, self._dropped(packed.data))
            packed, _ = layer(packed)
        if self.row_convolution is not None:
            padded, _ = pad_packed_sequence(packed, batch_first=True)
            rows = self.row_convolution(padded)
            packed = pack_padded_sequence(rows, lengths.cpu(), batch_first=True, enforce_sorted=False)
        out, _ = pad_packed_sequence(_replaced(packed, self.symbols(self._dropped(packed.data))), batch_first=True)
        return out, lengths

    def symbols(self, data: Tensor) -> Tensor:
        """Return the log-posteriors of the last layer's frames, shape (frames, width)."""
        out: Tensor = self.head(self.norm(data))
        return out.log_softmax(dim=-1)

    def _dropped(self, values: Tensor) -> Tensor:
        return nn.functional.dropout(values, self.settings.dropout, self.training)


def _replaced(packed: PackedSequence, data: Tensor) -> PackedSequence:
    return PackedSequence(data, packed.batch_sizes, packed.sorted_indices, packed.unsorted_indices)
