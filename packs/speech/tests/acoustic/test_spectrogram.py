import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit.errors import BadValue
from tacit_speech.acoustic import Augmentation, Normalization, Spectrogram
from tacit_speech.acoustic.augmentation import coloured_noise

RATE_HZ = 8_000
LINEAR = Spectrogram(RATE_HZ)  # windows of 160 samples: 81 frequencies, 50 Hz apart


def tone(frequency_hz, seconds=0.5, loudness=1.0):
    return (loudness * np.sin(2 * np.pi * frequency_hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)).astype(
        np.float32
    )


def test_a_full_scale_sine_has_the_power_1_in_its_own_band():
    # 1,000 Hz is band 20 of 50 Hz each; ln 1 = 0. A tenth of the loudness is a hundredth of the power: −4.605.
    frames = LINEAR.frames(tone(1_000))
    assert (frames.argmax(axis=1) == 20).all()
    assert frames[:, 20] == pytest.approx(0.0, abs=1e-3)
    assert LINEAR.frames(tone(1_000, loudness=0.1))[:, 20] == pytest.approx(-4.605, abs=1e-3)


def test_frames_are_as_many_as_whole_windows_fit():
    # 1 + (4000 − 160) / 80 = 49.
    assert LINEAR.frames(tone(500)).shape == (49, 81)
    assert LINEAR.n_frames(4_000) == 49


@given(st.integers(0, 2_000))
def test_the_number_of_frames_is_known_before_they_are_made(n_samples):
    assert len(LINEAR.frames(np.ones(n_samples, np.float32))) == LINEAR.n_frames(n_samples)


def test_stretching_the_frequency_axis_moves_a_tone_by_as_much():
    assert (LINEAR.frames(tone(1_000), warp=1.2).argmax(axis=1) == 24).all()  # 1,200 Hz
    mel = Spectrogram(RATE_HZ, mel_bands=40)
    assert (mel.frames(tone(1_000), warp=1.2).argmax(axis=1) > mel.frames(tone(1_000)).argmax(axis=1)).all()


def test_tempo_changes_the_number_of_frames_and_not_the_pitch():
    frames = LINEAR.frames(tone(1_000), tempo=1.25)
    assert len(frames) == 39  # 49 / 1.25 = 39.2
    assert (frames.argmax(axis=1) == 20).all()


def test_every_mel_band_hears_something_and_weighs_as_much():
    flat = Spectrogram(RATE_HZ, window_s=0.025, mel_bands=80)
    heard = flat.frames(np.random.default_rng(0).normal(size=80_000).astype(np.float32)).mean(axis=0)
    assert np.isfinite(heard).all()
    assert np.ptp(heard) < 1.5  # white noise is as loud in every band; below 1 kHz a band is but one frequency


def test_normalisation_forgets_loudness_microphone_and_silence_around():
    voice = np.random.default_rng(0).normal(size=(40, 10)).astype(np.float32)
    quiet = np.full((30, 10), -20, np.float32)
    microphone = np.linspace(-1, 1, 10, dtype=np.float32) + 3
    plain, changed = Normalization().apply(voice), Normalization().apply(np.vstack([quiet, voice + microphone, quiet]))
    assert changed[30:70] == pytest.approx(plain, abs=1e-4)
    assert (changed[:30] == -3).all()


def test_normalisation_of_the_level_keeps_the_colour_of_the_sound():
    # Two bands, 2 apart in both frames: the mean is (0 + 2 + 2 + 4) / 4 = 2, the variance (4 + 0 + 0 + 4) / 4 = 2.
    frames = np.array([[0.0, 2.0], [2.0, 4.0]], np.float32)
    level, whole = Normalization("level").apply(frames + 7), Normalization("utterance").apply(frames)
    assert level == pytest.approx((frames - 2) / np.sqrt(2), abs=1e-5)
    assert whole[:, 0] == pytest.approx(whole[:, 1])


def test_the_corpus_normalises_each_frame_alone():
    frames = np.array([[1.0, 2.0], [3.0, 6.0]], np.float32)
    norm = Normalization("corpus", mean=(2.0, 4.0), deviation=(1.0, 2.0))
    assert norm.apply(frames).tolist() == [[-1.0, -1.0], [1.0, 1.0]]


# ---- augmentation


def test_the_same_draw_gives_the_same_frames_and_another_others():
    change, sound = Augmentation(pad_s=0.05), tone(700)
    first, again, other = (
        change.frames(sound, LINEAR, Normalization(), np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert first.shape != other.shape or not np.array_equal(first, other)


def test_no_augmentation_leaves_frames_as_they_are():
    frames = Augmentation.none().frames(tone(700), LINEAR, Normalization(), np.random.default_rng(0))
    assert np.array_equal(frames, Normalization().apply(LINEAR.frames(tone(700))))


@pytest.mark.parametrize("decibels", [0.0, 20.0])
def test_noise_is_as_far_below_the_speech_as_was_asked(decibels):
    change = Augmentation(0, 0, 0, 0, 1.0, (decibels, decibels), 0, 0, 0, 0, 0)
    noise, sound = np.random.default_rng(3).normal(size=9_000).astype(np.float32), tone(1_000)
    frames = change.frames(
        sound, LINEAR, Normalization("corpus", (0,) * 81, (1,) * 81), np.random.default_rng(0), [noise]
    )
    # White noise of power P spreads evenly: a band of the Hann window has P · Σw² · 4 / (Σw)² = P · 4 · .375 / 40, and
    # ln of exponential noise has the mean −.577. Speech has the power 1/2.
    expected = np.log(0.5 * 10 ** (-decibels / 10) * 4 * 0.375 / (0.25 * 160)) - 0.577
    assert frames[:, 40:].mean() == pytest.approx(expected, abs=0.1)


def test_coloured_noise_falls_with_frequency_or_is_white():
    slopes = []
    for seed in range(20):
        power = np.abs(np.fft.rfft(coloured_noise(4_000, np.random.default_rng(seed)))) ** 2
        slopes.append(np.polyfit(np.log(np.arange(1, 2_000)), np.log(power[1:2_000]), 1)[0])
    assert -2.4 < min(slopes) < -1
    assert -0.5 < max(slopes) < 0.3


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sample_rate_hz": 0}, "sample_rate_hz: got 0"),
        ({"hop_s": 1e-6}, "hop_s"),
        ({"mel_bands": 500}, "expected 1 to 161"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(BadValue, match=message):
        Spectrogram(**settings)


def test_another_microphone_is_a_smooth_change_of_the_bands_of_the_strength_that_was_asked():
    change = Augmentation(0, 0, 0, 2.0, 0, (0, 0), 0, 0, 0, 0, 0)
    plain, norm = LINEAR.frames(tone(700)), Normalization("corpus", (0,) * 81, (1,) * 81)
    curves = []
    for seed in range(60):
        differences = change.frames(tone(700), LINEAR, norm, np.random.default_rng(seed)) - plain
        assert np.ptp(differences, axis=0).max() < 1e-4  # the same in every frame
        curves.append(differences[0])
    assert np.sqrt(np.mean(np.square(curves))) == pytest.approx(2.0, rel=0.25)
    assert np.abs(np.diff(curves, axis=1)).max() < 1.5
