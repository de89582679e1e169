"""Training: batches in the paper's order, planted words found again, a stopped run that ends as if never stopped."""

import itertools

import numpy as np
import pytest
import torch

from tacit.errors import BadValue
from tacit_speech import Alphabet
from tacit_speech.acoustic import (
    AcousticModel,
    Augmentation,
    ConvolutionSettings,
    ModelSettings,
    Normalization,
    SoundsInMemory,
    Spectrogram,
    Trainer,
    TrainingSettings,
)
from tacit_speech.acoustic.batches import epoch_batches
from tacit_speech.acoustic.corpus import SoundCache, corpus_normalization, why_unfit
from tacit_speech.acoustic.training import Diverged, rows_needed
from tacit_speech.decode import greedy

RATE_HZ = 8_000
PITCH_HZ = {"do": 400, "mi": 1_200, "so": 2_800}


def sung(text, draw):
    """Return words as tones of .2 s with silence after each, in a little noise."""
    parts = []
    for word in text.split():
        at = np.arange(round(0.2 * RATE_HZ)) / RATE_HZ
        parts += [0.3 * np.sin(2 * np.pi * PITCH_HZ[word] * at), np.zeros(400)]
    sound = np.concatenate(parts)
    return (sound + draw.normal(0, 0.003, len(sound))).astype(np.float32)


def songs(n, seed=0, most_words=1):
    draw = np.random.default_rng(seed)
    texts = [" ".join(draw.choice(list(PITCH_HZ), size=draw.integers(1, most_words + 1))) for _ in range(n)]
    return [sung(text, draw) for text in texts], texts


def new_model(seed=0, **changes):
    quick = (ConvolutionSettings(8, (5, 5), (4, 2)),)
    shape = ModelSettings(convolutions=quick, layers=1, width=16, dropout=0.0, **changes)
    words = Alphabet((" ", *PITCH_HZ))
    spectrogram = Spectrogram(RATE_HZ, mel_bands=20)
    norm = Normalization() if shape.both_ways else corpus_normalization(spectrogram, songs(10)[0])
    return AcousticModel.new(words, spectrogram, norm, shape, seed=seed)


def trainer(model, n=24, seed=0, **settings):
    corpus = SoundsInMemory.of(model, *songs(n))
    return Trainer(model, corpus, TrainingSettings(batch_size=8, **{"epochs": 3, **settings}), seed)


def weights(model):
    return {name: value.numpy().copy() for name, value in model.network.state_dict().items()}


def same(one, other):
    return all(np.array_equal(one[name], other[name]) for name in one)


# ---- worked by hand


def test_the_first_epoch_goes_from_short_to_long():
    # Lengths sorted: 1 2 | 3 4 | 9, two a batch.
    batches = epoch_batches([3, 1, 9, 2, 4], size=2, most_frames=100, epoch=0, seed=0)
    assert [batch.tolist() for batch in batches] == [[1, 3], [0, 4], [2]]


def test_a_batch_holds_no_more_frames_than_allowed_with_its_padding():
    # 2 × 4 = 8 frames fit in 10 and 3 × 5 do not; 30 alone is over the limit and stands alone.
    batches = epoch_batches([3, 4, 5, 30], size=10, most_frames=10, epoch=0, seed=0)
    assert [batch.tolist() for batch in batches] == [[0, 1], [2], [3]]


def test_other_epochs_are_random_and_the_same_for_the_same_seed():
    lengths = np.random.default_rng(0).integers(10, 500, 300)
    first, again, later = (
        epoch_batches(lengths, size=8, most_frames=10**6, epoch=epoch, seed=4) for epoch in (1, 1, 2)
    )
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))
    assert sorted(itertools.chain(*first)) == list(range(300))
    assert [batch.tolist() for batch in first] != [batch.tolist() for batch in later]
    mixed = np.mean([np.ptp(lengths[batch]) for batch in first])
    assert mixed < 0.35 * np.ptp(lengths)  # utterances of like length stand together


def test_equal_neighbours_need_a_blank_between_them():
    assert rows_needed(np.array([5, 5, 3, 5])) == 5  # 5 ∅ 5 3 5
    model = new_model()
    # 640 samples: 1 + (640 − 160) / 80 = 7 frames, and every fourth makes a row: 2.
    told = "2 symbols in 0.08 s: they need 3 rows of posteriors, and there are 2"
    assert why_unfit(model, 640, np.array([2, 2])) == told
    assert why_unfit(model, 640, np.array([2, 3])) == ""
    assert why_unfit(model, 640, np.array([], np.int64)) == "an empty transcript"


def test_the_rate_rises_then_falls_as_the_schedule_says():
    cosine = TrainingSettings(epochs=2, learning_rate=1.0, warm_up=0.1)
    # 10 warm-up steps of 100: step 4 is half way up, times (1 + cos(π · 4/100)) / 2 = .9961.
    assert cosine.rate(4, 100) == pytest.approx(0.5 * 0.99606, rel=1e-4)
    assert cosine.rate(50, 100) == pytest.approx(0.5)
    paper = TrainingSettings(epochs=4, learning_rate=1.0, warm_up=0.0, schedule="anneal", annealing=1.2)
    assert [paper.rate(step, 8) for step in (0, 1, 2, 7)] == pytest.approx([1, 1, 1 / 1.2, 1 / 1.2**3])


def test_the_least_recently_heard_is_forgotten_first():
    cache, read = SoundCache(most_bytes=2_000), []

    def get(name):
        return cache.get(name, lambda: read.append(name) or np.zeros(200, np.float32))

    for name in "abacab":  # two of 800 bytes fit: c drives b out, and reading b again drives c out
        get(name)
    assert read == ["a", "b", "c", "b"]


# ---- recovers the planted truth


QUIET = Augmentation(speed=0.02, tempo=0.1, vocal_tract=0.02, noise_share=0.2, noise_db=(20, 30), band_masks=0)


@pytest.mark.parametrize(
    ("shape", "settings"),
    [
        ({}, {"learning_rate": 3e-2}),
        ({"both_ways": False, "lookahead": 5}, {"learning_rate": 3e-2}),
        ({"cell": "rnn"}, {"learning_rate": 3e-2}),
        ({}, {"optimizer": "sgd", "schedule": "anneal", "learning_rate": 3e-2, "momentum": 0.9, "clip_norm": 50.0}),
    ],
    ids=["both ways", "streaming", "clipped units", "the paper's optimiser"],
)
def test_planted_words_are_found_in_recordings_not_heard_before(shape, settings):
    model = new_model(**shape)
    losses = []
    trainer(model, n=48, epochs=8, augmentation=QUIET, **settings).run(lambda done: losses.append(done.loss))
    sounds, texts = songs(40, seed=9)
    heard = [one.text for one in greedy(model.posteriors(sounds))]
    assert sum(a != b for a, b in zip(heard, texts, strict=True)) <= 4  # guessing would miss 27 of 40
    assert losses[-1] < 0.2 * losses[0]


# ---- invariants


def test_a_run_that_goes_on_from_its_state_ends_in_the_same_weights():
    whole, stopped = new_model(), new_model()
    trainer(whole).run()
    first = trainer(stopped)

    class Stopped(Exception):
        pass

    def stop(done):
        if done.epoch == 1:
            raise Stopped

    with pytest.raises(Stopped):
        first.run(stop)
    tensors, plain = first.state()
    resumed = new_model(seed=5)  # other weights: all must come from the state
    later = trainer(resumed)
    later.restore(tensors, plain)
    later.run()
    assert same(weights(whole), weights(resumed))
    assert not same(weights(whole), weights(stopped))


def test_another_seed_gives_another_run_and_the_same_seed_the_same():
    models = [new_model() for _ in range(3)]
    for model, seed in zip(models, (1, 1, 2), strict=True):
        trainer(model, seed=seed, epochs=1).run()
    assert same(weights(models[0]), weights(models[1]))
    assert not same(weights(models[0]), weights(models[2]))


def test_training_leaves_the_global_generator_alone():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    trainer(new_model(), epochs=1).run()
    assert torch.equal(torch.rand(2), expected)


def test_a_long_gradient_is_shortened_and_counted():
    seen = []
    trainer(new_model(), epochs=1, clip_norm=1e-3).run(seen.append)
    assert (seen[0].clipped, seen[0].gradient_norm > 1e-3) == (seen[0].steps, True)
    seen.clear()
    trainer(new_model(), epochs=1, clip_norm=1e6).run(seen.append)
    assert seen[0].clipped == 0


# ---- refuses bad input


def test_a_gradient_that_is_no_number_stops_the_run_with_what_to_do():
    model = new_model()
    with torch.no_grad():
        model.network.head.weight.fill_(float("nan"))
    with pytest.raises(Diverged, match="epoch 1, step 1: the gradient is not a number any more"):
        trainer(model).run()


def test_a_corpus_that_cannot_be_learned_is_refused():
    model = new_model()
    sounds, _ = songs(2)
    with pytest.raises(BadValue, match="2 recordings and 1 transcripts"):
        SoundsInMemory.of(model, sounds, ["do"])
    with pytest.raises(BadValue, match=r"'x' \(U\+0078\) as character 4"):
        SoundsInMemory.of(model, sounds, ["do", "do x"])
    with pytest.raises(BadValue, match=r"recording 1: got 5 symbols in 0\.01 s"):
        SoundsInMemory.of(model, [sounds[0], sounds[1][:80]], ["do", "do mi do"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"epochs": 0}, "1 or more"), ({"optimizer": "lion"}, "adam or sgd"), ({"schedule": "step"}, "anneal or cosine")],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(BadValue, match=message):
        TrainingSettings(**settings)
