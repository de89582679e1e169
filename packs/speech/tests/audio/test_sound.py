import av
import numpy as np
import pytest

from tacit.errors import BadFile, BadValue
from tacit_speech.audio import read_sound, sound_format, stream_sound, wav_bytes
from tacit_speech.audio.pieces import pieces

RATE_HZ = 16_000


def tone(seconds, frequency_hz=440.0, rate_hz=RATE_HZ):
    return (0.5 * np.sin(2 * np.pi * frequency_hz * np.arange(round(seconds * rate_hz)) / rate_hz)).astype(np.float32)


def encoded(path, samples, codec, layout="mono", rate_hz=RATE_HZ):
    """Write sound with one of FFmpeg's encoders; samples of shape (channels, samples)."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate_hz, layout=layout)
        wanted = stream.codec_context.format.name
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=layout)
        frame.sample_rate = rate_hz
        resampler = av.AudioResampler(format=wanted, layout=layout, rate=rate_hz, frame_size=stream.frame_size or 1024)
        for ready in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(ready))
        container.mux(stream.encode(None))
    return path


def pitch_hz(samples, rate_hz=RATE_HZ):
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(power.argmax() * rate_hz / len(samples))


def test_a_wav_file_comes_back_as_it_was(tmp_path):
    # 16 bits: a step is 1/32767, and rounding errs by at most half of one; decoding divides by 32768.
    path = tmp_path / "tone.wav"
    path.write_bytes(wav_bytes(tone(0.5), RATE_HZ))
    assert np.abs(read_sound(path, RATE_HZ) - tone(0.5)).max() < 1 / 32767 + 0.5 / 32768
    assert np.array_equal(read_sound(path.read_bytes(), RATE_HZ), read_sound(path, RATE_HZ))


@pytest.mark.parametrize(
    ("name", "codec"), [("a.flac", "flac"), ("a.ogg", "libopus"), ("a.mp3", "libmp3lame"), ("a.mp4", "aac")]
)
def test_every_common_form_is_heard_at_the_pitch_it_was_played(tmp_path, name, codec):
    path = encoded(tmp_path / name, tone(1.0)[None], codec)
    samples = read_sound(path, RATE_HZ)
    assert abs(len(samples) - RATE_HZ) < 0.15 * RATE_HZ  # MP3 and AAC pad by some thousand samples
    assert abs(pitch_hz(samples) - 440) < 3


def test_another_sample_rate_is_resampled_and_the_pitch_stays(tmp_path):
    path = tmp_path / "tone.wav"
    path.write_bytes(wav_bytes(tone(1.0, rate_hz=44_100), 44_100))
    samples = read_sound(path, 8_000)
    assert abs(len(samples) - 8_000) < 40
    assert abs(pitch_hz(samples, 8_000) - 440) < 2
    assert sound_format(path).sample_rate_hz == 44_100


def test_two_channels_become_their_mean(tmp_path):
    # left 0.5 sin, right −0.25 sin: the mean is 0.125 sin.
    path = encoded(tmp_path / "two.flac", np.stack([tone(0.5), -0.5 * tone(0.5)]), "flac", "stereo")
    assert sound_format(path).n_channels == 2
    assert np.abs(read_sound(path, RATE_HZ) - 0.25 * tone(0.5)).max() < 1e-3


def test_a_stretch_is_what_the_whole_has_there(tmp_path):
    path = tmp_path / "tone.wav"
    path.write_bytes(wav_bytes(tone(3.0), RATE_HZ))
    whole = read_sound(path, RATE_HZ)
    assert np.array_equal(read_sound(path, RATE_HZ, start_s=1.25, end_s=2.0), whole[20_000:32_000])
    assert np.array_equal(read_sound(path, RATE_HZ, start_s=2.5), whole[40_000:])


def test_a_stream_holds_no_more_than_a_packet_at_a_time(tmp_path):
    path = encoded(tmp_path / "long.flac", np.tile(tone(1.0), 60)[None], "flac")
    blocks = [len(block) for block in stream_sound(path, RATE_HZ)]
    assert sum(blocks) == 60 * RATE_HZ
    assert max(blocks) < RATE_HZ


def test_a_long_recording_is_cut_where_it_is_quiet():
    # 1 s of tone, 0.1 s of silence, and so on: 2.2 s hold two tones, and their last third begins at 1.467 s, in the
    # second tone; so the first cut is in the silence at 2.1 s.
    speech = np.tile(np.concatenate([tone(1.0), np.zeros(1_600, np.float32)]), 4)
    cut = list(pieces(iter(np.array_split(speech, 37)), RATE_HZ, longest_s=2.2))
    assert np.array_equal(np.concatenate([piece for _, piece in cut]), speech)
    assert 2.1 <= cut[1][0] <= 2.2
    assert max(len(piece) for _, piece in cut) <= 2.2 * RATE_HZ
    assert [begin for begin, _ in cut] == pytest.approx(np.cumsum([0, *(len(p) / RATE_HZ for _, p in cut[:-1])]))


def test_a_piece_longer_than_all_the_sound_is_the_sound():
    (only,) = pieces([tone(0.2), tone(0.2)], RATE_HZ, longest_s=1.0)
    assert (only[0], len(only[1])) == (0.0, 6_400)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "no such file"), (b"", "an empty file"), (b"RIFF and then nothing", "expected a file with sound")],
)
def test_what_is_no_sound_is_named(tmp_path, content, message):
    path = tmp_path / "speech.wav"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadFile, match=f"speech.wav: got .*{message}"):
        read_sound(path, RATE_HZ)


def test_a_film_without_sound_is_named(tmp_path):
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        container.mux([*stream.encode(frame), *stream.encode(None)])
    with pytest.raises(BadFile, match="got video, no sound"):
        read_sound(path, RATE_HZ)


def test_a_stretch_that_ends_before_it_begins_is_refused(tmp_path):
    path = tmp_path / "tone.wav"
    path.write_bytes(wav_bytes(tone(0.5), RATE_HZ))
    with pytest.raises(BadValue, match=r"an end at 0.1 s before 0.4 s"):
        read_sound(path, RATE_HZ, start_s=0.4, end_s=0.1)
