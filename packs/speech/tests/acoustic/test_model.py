import numpy as np
import pytest
import torch

from tacit.errors import BadFile, BadValue
from tacit_speech import Alphabet
from tacit_speech.acoustic import AcousticModel, ConvolutionSettings, ModelSettings, Normalization, Spectrogram, Stream
from tacit_speech.acoustic.layers import GatedRecurrence, RowConvolution, SequenceBatchNorm, SimpleRecurrence
from tacit_speech.acoustic.model import DeepSpeech
from tacit_speech.acoustic.word_pieces import word_pieces

RATE_HZ = 8_000
SPECTROGRAM = Spectrogram(RATE_HZ, mel_bands=20)
KINDS = pytest.mark.parametrize(("cell", "both_ways"), [("gru", True), ("gru", False), ("rnn", True), ("rnn", False)])


def small(cell="gru", both_ways=True, **changes):
    return ModelSettings(cell=cell, both_ways=both_ways, width=12, lookahead=4, **changes)


def model_of(settings, seed=0):
    """Return a model whose running statistics are not those of a new one."""
    norm = Normalization() if settings.both_ways else Normalization("corpus", (-9.0,) * 20, (3.0,) * 20)
    model = AcousticModel.new(Alphabet.english(), SPECTROGRAM, norm, settings, seed=seed)
    draw = torch.Generator().manual_seed(1)
    for buffer in model.network.buffers():
        buffer.uniform_(0.5, 1.5, generator=draw)
    return model


def sounds(*seconds):
    draw = np.random.default_rng(0)
    return [draw.normal(size=round(one * RATE_HZ)).astype(np.float32) / 9 for one in seconds]


# ---- worked by hand


def test_row_convolution_is_the_sum_of_the_paper():
    # r_t = w_0 h_t + w_1 h_{t+1}, each unit for itself; beyond the end h is 0. Unit 1: 1·1 + 10·2 = 21 → cut to 20,
    # 1·2 + 10·0 = 2. Unit 2: −1·1 + 2·.5 = 0, −1·.5 = −.5 → 0.
    layer = RowConvolution(2, lookahead=1)
    with torch.no_grad():
        layer.weights.copy_(torch.tensor([[[1.0, 10.0]], [[-1.0, 2.0]]]))
    rows = layer(torch.tensor([[[1.0, 1.0], [2.0, 0.5]]]))
    assert rows.tolist() == [[[20.0, 0.0], [2.0, 0.0]]]


def test_clipped_units_follow_their_equation():
    # h_1 = min(max(2·1, 0), 20) = 2; h_2 = 2·3 + .5·2 = 7; h_3 = 2·(−9) + .5·7 < 0 → 0; backwards from the end:
    # h_3 = 0, h_2 = 6, h_1 = 2 + 3 = 5. The sum of both ways: 7, 13, 0. Normalisation off: mean 0, variance 1.
    layer = SimpleRecurrence(1, 1, both_ways=True).eval()
    with torch.no_grad():
        layer.input_weights.fill_(2.0)
        layer.state_weights.fill_(0.5)
    packed = torch.nn.utils.rnn.pack_sequence([torch.tensor([[1.0], [3.0], [-9.0]])])
    assert layer(packed)[0].data.flatten().tolist() == pytest.approx([7.0, 13.0, 0.0], rel=1e-4)


def test_output_lengths_round_up_stride_by_stride():
    # 7 frames, stride 2: 4, then stride 2: 2.
    two = (ConvolutionSettings(2, (5, 3), (2, 1)), ConvolutionSettings(2, (3, 3), (2, 1)))
    network = DeepSpeech(20, 5, small(convolutions=two))
    assert (network.stride, network.output_lengths(torch.tensor([7, 8, 1])).tolist()) == (4, [2, 2, 1])


# ---- against a published oracle: torch's own layers


def test_gated_units_without_normalisation_are_torchs():
    torch.manual_seed(0)
    ours, theirs = GatedRecurrence(5, 7, both_ways=True).eval(), torch.nn.GRU(5, 7, bidirectional=True)
    for norm in ours.norms:
        norm.epsilon = 0.0
    with torch.no_grad():
        for direction, end in enumerate(("l0", "l0_reverse")):
            getattr(theirs, f"weight_ih_{end}").copy_(ours.input_weights[direction])
            getattr(theirs, f"weight_hh_{end}").copy_(ours.state_weights[direction])
            getattr(theirs, f"bias_ih_{end}").zero_()
            getattr(theirs, f"bias_hh_{end}").zero_()
        packed = torch.nn.utils.rnn.pack_sequence([torch.randn(6, 5), torch.randn(4, 5)])
        expected = theirs(packed)[0].data
        assert ours(packed)[0].data.numpy() == pytest.approx((expected[:, :7] + expected[:, 7:]).numpy(), abs=1e-6)


def test_normalisation_over_frames_is_torchs_and_learns_the_same_statistics():
    torch.manual_seed(0)
    ours, theirs, values = SequenceBatchNorm(3), torch.nn.BatchNorm1d(3), torch.randn(50, 3) * 4 + 1
    assert ours(values).detach().numpy() == pytest.approx(theirs(values).detach().numpy(), abs=1e-5)
    assert ours.running_variance.numpy() == pytest.approx(theirs.running_var.numpy(), rel=1e-5)
    assert ours.eval()(values).detach().numpy() == pytest.approx(theirs.eval()(values).detach().numpy(), abs=1e-5)


# ---- invariants


@KINDS
def test_an_answer_does_not_depend_on_the_batch(cell, both_ways):
    model, all_of_them = model_of(small(cell, both_ways)), sounds(0.9, 0.31, 0.62, 0.05)
    together = model.posteriors(all_of_them)
    for sound, batched in zip(all_of_them, together, strict=True):
        (alone,) = model.posteriors([sound])
        assert alone.log_posteriors == pytest.approx(batched.log_posteriors, abs=1e-5)
        assert np.exp(alone.log_posteriors).sum(axis=1) == pytest.approx(1.0, abs=1e-5)
        assert len(alone) == model.rows_of(len(sound))


@KINDS
def test_training_does_not_see_what_stands_in_the_padding(cell, both_ways):
    network = model_of(small(cell, both_ways, dropout=0.0)).network.train()
    draw = torch.Generator().manual_seed(3)
    frames, lengths = torch.randn(3, 40, 20, generator=draw), torch.tensor([40, 22, 31])
    dirty = frames.clone()
    dirty[1, 22:], dirty[2, 31:] = 1e3, -1e3
    clean, rows = network(frames, lengths)
    again, _ = network(dirty, lengths)
    for n, one, other in zip(rows.tolist(), clean, again, strict=True):
        assert one[:n].detach().numpy() == pytest.approx(other[:n].detach().numpy(), abs=1e-4)


@pytest.mark.parametrize("cell", ["gru", "rnn"])
@pytest.mark.parametrize("n_samples", [0, 1, 100, 9_999, 16_000])
def test_a_stream_says_what_the_whole_says(cell, n_samples):
    model, draw = model_of(small(cell, both_ways=False)), np.random.default_rng(n_samples)
    (sound,) = sounds(2.0)
    sound = sound[:n_samples]
    (whole,) = model.posteriors([sound])
    stream, parts, at = Stream(model), [], 0
    while at < n_samples:
        more = int(draw.integers(1, 900))
        parts.append(stream.push(sound[at : at + more]))
        at += more
    parts.append(stream.finish())
    assert np.concatenate([one.log_posteriors for one in parts]) == pytest.approx(whole.log_posteriors, abs=1e-5)
    starts = [one.start_s for one in parts if len(one)]
    assert starts == pytest.approx(np.cumsum([0, *(len(one) for one in parts if len(one))])[:-1] * model.frame_s)


def test_a_stream_waits_no_longer_than_it_says():
    # Kernels reach 2 frames of 10 ms, then 2 of 20 ms, then 4 rows of 20 ms: 20 + 40 + 80 ms, and a window of 20 ms.
    model = model_of(small(both_ways=False))
    stream = Stream(model)
    assert stream.delay_s == pytest.approx(0.16)
    (sound,) = sounds(2.0)
    heard = sum(len(stream.push(block)) for block in np.array_split(sound, 100))
    assert (2.0 - stream.delay_s) / model.frame_s - 1 <= heard < model.rows_of(len(sound))


def test_a_model_that_was_saved_is_the_same(tmp_path):
    model = model_of(small())
    model.save(tmp_path)
    again = AcousticModel.load(tmp_path)
    (sound,) = sounds(0.4)
    assert np.array_equal(model.posteriors([sound])[0].log_posteriors, again.posteriors([sound])[0].log_posteriors)
    assert (again.alphabet, again.spectrogram, again.frame_s) == (model.alphabet, model.spectrogram, 0.02)


def test_making_a_model_leaves_the_global_generator_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    model_of(small(), seed=9)
    assert torch.equal(torch.rand(1), expected)


def test_word_pieces_join_the_most_frequent_neighbours():
    # "low" 3 times: l-o and o-w stand 3 times each; l-o comes first by the alphabet; then lo-w.
    alphabet = word_pieces(["low low", "Low er"], 8)
    assert alphabet.symbols == (" ", "e", "l", "o", "r", "w", "lo", "low")
    assert alphabet.ids("low er").tolist() == [8, 1, 2, 5]


# ---- refuses bad input


def test_what_hears_the_whole_recording_cannot_be_streamed():
    with pytest.raises(BadValue, match="expected one trained with --streaming"):
        Stream(model_of(small()))
    stream = Stream(model_of(small(both_ways=False)))
    stream.finish()
    with pytest.raises(BadValue, match="more sound after its end"):
        stream.push(np.zeros(10, np.float32))


@pytest.mark.parametrize("damage", ["settings", "weights", "cut", "gone", "later"])
def test_a_damaged_model_is_named(tmp_path, damage):
    model_of(small()).save(tmp_path)
    settings, weights = tmp_path / "model.json", tmp_path / "model.safetensors"
    if damage == "settings":
        settings.write_text(settings.read_text().replace('"gru"', '"lstm"'))
    elif damage == "weights":
        settings.write_text(settings.read_text().replace('"width": 12', '"width": 13'))
    elif damage == "cut":
        weights.write_bytes(weights.read_bytes()[:500])
    elif damage == "gone":
        weights.unlink()
    else:
        settings.write_text(settings.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(BadFile, match=r"model\.(json|safetensors): got "):
        AcousticModel.load(tmp_path)


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"cell": "lstm"}, "gru or rnn"), ({"layers": 0}, "1 or more"), ({"dropout": 1.0}, "below 1")],
)
def test_a_shape_that_cannot_be_is_refused(settings, message):
    with pytest.raises(BadValue, match=message):
        ModelSettings(**settings)


def test_an_even_kernel_is_refused():
    with pytest.raises(BadValue, match="odd extents"):
        ConvolutionSettings(4, (4, 3), (1, 1))


def test_fewer_pieces_than_characters_are_refused():
    with pytest.raises(BadValue, match="3 symbols for 4 characters"):
        word_pieces(["abc"], 3)
