"""The layers of the acoustic model: each forgets what stands in the padding of a batch."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

MOST_ACTIVATION = 20.0
"""Where the clipped rectifier cuts: min(max(x, 0), 20)."""


def clipped_relu(values: Tensor) -> Tensor:
    """Return min(max(x, 0), 20).

    Source: Amodei et al. 2016, section 3.1, arXiv:1512.02595.
    """
    return values.clamp(0.0, MOST_ACTIVATION)


class SequenceBatchNorm(nn.Module):
    """Batch normalisation over all true frames of a batch: over the utterances and over time, but not the padding.

    Args:
        n_features: numbers a frame.
        momentum: weight of the newest batch in the running statistics.

    Source: Amodei et al. 2016, section 3.2, arXiv:1512.02595; Ioffe and Szegedy 2015, arXiv:1502.03167.
    """

    running_mean: Tensor
    running_variance: Tensor

    def __init__(self, n_features: int, *, momentum: float = 0.1, epsilon: float = 1e-5) -> None:
        super().__init__()
        self.gain, self.offset = nn.Parameter(torch.ones(n_features)), nn.Parameter(torch.zeros(n_features))
        self.momentum, self.epsilon = momentum, epsilon
        self.register_buffer("running_mean", torch.zeros(n_features))
        self.register_buffer("running_variance", torch.ones(n_features))

    def of_frames(self, values: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return scale and shift, shape (features,) each, such that ``values * scale + shift`` is normalised.

        Args:
            values: all true frames of the batch, shape (frames, features); only looked at in training.
        """
        if not self.training or values is None or len(values) < 2:
            return self._scale_and_shift(self.running_mean, self.running_variance)
        variance, mean = torch.var_mean(values, dim=0, correction=0)
        return self._learned(mean, variance, len(values))

    def of_pictures(self, values: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        """Return scale and shift likewise, for frames of several bands, beside which there is padding.

        Args:
            values: shape (utterances, features, frames, bands).
            real: which frames are no padding, shape (utterances, frames).
        """
        n = int(real.sum()) * values.shape[3]
        if not self.training or n < 2:
            return self._scale_and_shift(self.running_mean, self.running_variance)
        weights = real[:, None, :, None].to(values.dtype)
        mean = (values * weights).sum(dim=(0, 2, 3)) / n
        variance = ((values - mean[:, None, None]).square() * weights).sum(dim=(0, 2, 3)) / n
        return self._learned(mean, variance, n)

    def _learned(self, mean: Tensor, variance: Tensor, n: int) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            self.running_mean.lerp_(mean, self.momentum)
            self.running_variance.lerp_(variance * (n / (n - 1)), self.momentum)
        return self._scale_and_shift(mean, variance)

    def _scale_and_shift(self, mean: Tensor, variance: Tensor) -> tuple[Tensor, Tensor]:
        scale = self.gain * torch.rsqrt(variance + self.epsilon)
        return scale, self.offset - mean * scale

    def forward(self, values: Tensor) -> Tensor:
        """Return normalised frames, shape (frames, features)."""
        scale, shift = self.of_frames(values)
        return values * scale + shift


class Convolution(nn.Module):
    """A convolution in time and frequency, batch normalisation and the clipped rectifier.

    Args:
        channels_in: of the input.
        channels_out: of the output.
        kernel: extent over (frames, bands), both odd, so that frames keep their places.
        stride: step over (frames, bands).

    Source: Amodei et al. 2016, section 3.4, arXiv:1512.02595.
    """

    def __init__(self, channels_in: int, channels_out: int, kernel: tuple[int, int], stride: tuple[int, int]) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride
        padding = (kernel[0] // 2, kernel[1] // 2)
        self.weights = nn.Conv2d(channels_in, channels_out, kernel, stride, padding, bias=False)
        self.norm = SequenceBatchNorm(channels_out)

    def forward(self, values: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Convolve a padded batch.

        Args:
            values: shape (utterances, channels, frames, bands), 0 in the padding.
            lengths: true frames, shape (utterances,).

        Returns:
            The same of the next layer, 0 in the padding.
        """
        out = self.weights(values)
        lengths = self.lengths(lengths)
        real = torch.arange(out.shape[2], device=out.device) < lengths.to(out.device)[:, None]
        return self.activate(out, real), lengths

    def lengths(self, lengths: Tensor) -> Tensor:
        """Return how many frames come out for each number that goes in."""
        return torch.div(lengths + self.stride[0] - 1, self.stride[0], rounding_mode="floor")

    def activate(self, values: Tensor, real: Tensor) -> Tensor:
        """Normalise and rectify; what is not real, shape (utterances, frames), becomes 0."""
        scale, shift = self.norm.of_pictures(values, real)
        return clipped_relu(values * scale[:, None, None] + shift[:, None, None]) * real[:, None, :, None]


class GatedRecurrence(nn.Module):
    """Gated recurrent units in one direction or both, batch-normalised on what comes from below.

    The normalisation is folded into the input's weights, W x · scale + shift = (scale · W) x + shift, so that the fused
    kernels of the processor or the accelerator do the rest. The two directions are added up.

    Args:
        width_in: numbers a frame below.
        width: units in each direction.
        both_ways: whether the future is seen too.

    Source: Amodei et al. 2016, sections 3.1 and 3.2, arXiv:1512.02595; Cho et al. 2014, arXiv:1406.1078.
    """

    gates = 3

    def __init__(self, width_in: int, width: int, *, both_ways: bool) -> None:
        super().__init__()
        self.width, self.both_ways = width, both_ways
        n_directions = 2 if both_ways else 1
        bound, bound_in = width**-0.5, (3.0 / width_in) ** 0.5
        rows = self.gates * width
        self.input_weights = nn.Parameter(torch.empty(n_directions, rows, width_in).uniform_(-bound_in, bound_in))
        self.state_weights = nn.Parameter(torch.empty(n_directions, rows, width).uniform_(-bound, bound))
        self.state_offsets = nn.Parameter(torch.zeros(n_directions, rows))
        self.norms = nn.ModuleList(SequenceBatchNorm(rows) for _ in range(n_directions))

    def folded(self, frames: Tensor | None) -> list[Tensor]:
        """Return the weights of each direction with the normalisation folded in, as the fused kernel takes them."""
        weights = []
        for direction, norm in enumerate(self.norms):
            assert isinstance(norm, SequenceBatchNorm)  # noqa: S101 (a ModuleList does not say what it holds)
            from_below = self.input_weights[direction]
            of_batch = frames @ from_below.T if frames is not None and self.training else None
            scale, shift = norm.of_frames(of_batch)
            weights += [
                from_below * scale[:, None],
                self.state_weights[direction],
                shift,
                self.state_offsets[direction],
            ]
        return weights

    def forward(self, below: PackedSequence, state: Tensor | None = None) -> tuple[PackedSequence, Tensor]:
        """Run over a packed batch.

        Args:
            below: frames of the batch, none of them padding.
            state: where to begin, shape (directions, utterances, width); 0 if absent.

        Returns:
            The frames above, and the last state.
        """
        n = int(below.batch_sizes[0])
        if state is None:
            state = below.data.new_zeros(2 if self.both_ways else 1, n, self.width)
        weights = self.folded(below.data)
        data, last = self._recur(below, state, weights)
        if self.both_ways:
            data = data[:, : self.width] + data[:, self.width :]
        return PackedSequence(data, below.batch_sizes, below.sorted_indices, below.unsorted_indices), last

    def _recur(self, below: PackedSequence, state: Tensor, weights: list[Tensor]) -> tuple[Tensor, Tensor]:
        data, last = torch.gru(
            below.data, below.batch_sizes, state, weights, True, 1, 0.0, self.training, self.both_ways
        )
        return data, last


class SimpleRecurrence(GatedRecurrence):
    """Clipped rectified units, h_t = f(BN(W x_t) + U h_{t−1}) with f(x) = min(max(x, 0), 20), one way or both.

    Source: Amodei et al. 2016, equations of sections 3.1 and 3.2, arXiv:1512.02595.
    """

    gates = 1

    def __init__(self, width_in: int, width: int, *, both_ways: bool) -> None:
        super().__init__(width_in, width, both_ways=both_ways)
        with torch.no_grad():  # an identity keeps what was heard, where random weights would forget or explode
            self.state_weights.copy_(0.9 * torch.eye(width).expand_as(self.state_weights))
            self.state_offsets.zero_()

    def _recur(self, below: PackedSequence, state: Tensor, weights: list[Tensor]) -> tuple[Tensor, Tensor]:
        sizes = below.batch_sizes.tolist()
        outputs, last = [], []
        for direction in range(len(state)):
            from_below, from_state, shift, offset = weights[4 * direction : 4 * direction + 4]
            driven = (below.data @ from_below.T + (shift + offset)).split(sizes)  # type: ignore[no-untyped-call]
            steps = _forwards if direction == 0 else _backwards
            frames, end = steps(driven, state[direction], from_state)
            outputs.append(torch.cat(frames))
            last.append(end)
        return torch.cat(outputs, dim=1), torch.stack(last)


def _forwards(driven: tuple[Tensor, ...], state: Tensor, weights: Tensor) -> tuple[list[Tensor], Tensor]:
    """Run from the first frame; utterances that have ended drop out at the end of the batch."""
    frames, ended = [], []
    for drive in driven:
        n = len(drive)
        if n < len(state):
            ended.append(state[n:])
            state = state[:n]
        state = clipped_relu(drive + state @ weights.T)
        frames.append(state)
    return frames, torch.cat([state, *reversed(ended)])


def _backwards(driven: tuple[Tensor, ...], state: Tensor, weights: Tensor) -> tuple[list[Tensor], Tensor]:
    """Run from the last frame; utterances whose end has been reached join the batch."""
    frames: list[Tensor] = []
    current = state[: len(driven[-1])]
    for drive in reversed(driven):
        n = len(drive)
        if n > len(current):
            current = torch.cat([current, state[len(current) : n]])
        current = clipped_relu(drive + current @ weights.T)
        frames.append(current)
    return frames[::-1], current


class RowConvolution(nn.Module):
    """Looks a few frames ahead, unit by unit: r_t = Σ_{j=0..τ} w_j · h_{t+j}, so that one direction is enough.

    Args:
        width: units.
        lookahead: τ, frames of the future that each frame sees.

    Source: Amodei et al. 2016, section 3.6 (row convolution), arXiv:1512.02595.
    """

    def __init__(self, width: int, lookahead: int) -> None:
        super().__init__()
        self.lookahead = lookahead
        self.weights = nn.Parameter(torch.empty(width, 1, lookahead + 1).uniform_(-1, 1) * (lookahead + 1) ** -0.5)

    def forward(self, frames: Tensor) -> Tensor:
        """Return rows for padded frames, shape (utterances, frames, width); beyond the end, the future is 0."""
        return self.rows(nn.functional.pad(frames.mT, (0, self.lookahead)))

    def rows(self, columns: Tensor) -> Tensor:
        """Return the rows whose future is known.

        Args:
            columns: shape (utterances, width, frames).

        Returns:
            Shape (utterances, frames − lookahead, width).
        """
        return clipped_relu(nn.functional.conv1d(columns, self.weights, groups=len(self.weights))).mT
