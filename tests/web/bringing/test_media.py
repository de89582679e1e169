"""Recordings and clips as they are brought: what browsers play, a first look, and decoders that break or never end."""

from __future__ import annotations

import io
import sys
import wave

import av
import numpy as np
import pytest
from PIL import Image

from tacit.errors import BadFile
from tacit.judging import Item, ItemKind, QuestionKind
from tacit.web.bringing.media import workshop as shop
from tacit.web.bringing.media.opening import opened
from tacit.web.bringing.media.previews import BARS, outlined
from tacit.web.bringing.media.workshop import Workshop
from tacit.web.bringing.rows import Plan
from tacit.web.pages.project.keeping import ProjectKeeper

CHOICE = Plan(QuestionKind.CHOICE, "Is it a cat?", {"options": ["yes", "no"]})


def film(form: str, codec: str, *, pixels: str = "yuv420p", sound: str = "") -> bytes:
    """Return a second of film: a dark square that crosses a light picture."""
    stream = io.BytesIO()
    with av.open(stream, "w", format=form) as container:
        shown = container.add_stream(codec, rate=20)
        shown.width, shown.height, shown.pix_fmt = 96, 64, pixels
        heard = container.add_stream(sound, rate=48_000) if sound else None
        for at in range(20):
            picture = np.full((64, 96, 3), 230, np.uint8)
            picture[24:40, 4 * at : 4 * at + 16] = (20, 90, 160)
            container.mux(shown.encode(av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=pixels)))
        if heard is not None:
            tone = (9000 * np.sin(2 * np.pi * 330 * np.arange(48_000) / 48_000)).astype("<i2")[None]
            frame = av.AudioFrame.from_ndarray(np.repeat(tone, 2, axis=1), format="s16", layout="stereo")
            frame.sample_rate, frame.pts = 48_000, 0
            resampler = av.AudioResampler(heard.codec_context.format, "stereo", 48_000, heard.frame_size or 1024)
            for part in (*resampler.resample(frame), *resampler.resample(None)):
                container.mux(heard.encode(part))
            container.mux(heard.encode())
        container.mux(shown.encode())
    return stream.getvalue()


def sound(samples: np.ndarray, rate_hz: int = 8000) -> bytes:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(rate_hz)
        written.writeframes((32767 * samples).astype("<i2").tobytes())
    return stream.getvalue()


@pytest.fixture(scope="module")
def workshop():
    with Workshop(pixels=1_000_000, largest_bytes=2**24) as opened_one:
        yield opened_one


def test_the_outline_of_a_sound_is_where_it_is_loud_and_scaled_to_its_loudest(workshop):
    # three seconds: silence, a quarter of full scale, half of it; the loudest becomes 127 and the quarter 64
    samples = np.concatenate([np.full(8000, level) for level in (0.0, 0.25, -0.5)])
    made = workshop.make_ready(sound(samples), ItemKind.AUDIO, where="a.wav")
    outline = np.frombuffer(made.peaks.content, np.int8).reshape(-1, 2)
    assert outline.shape == (BARS, 2)
    third = BARS // 3
    assert outline[: third - 2].any() == np.False_
    assert abs(int(outline[third + third // 2, 1]) - 64) <= 1
    assert abs(int(outline[-third // 2, 0]) + 127) <= 1
    assert (made.rendition, made.poster) == (None, None)


def test_an_outline_of_few_blocks_repeats_them_and_silence_is_flat():
    assert outlined(np.array([[-1, 1]], np.float32), 3).tolist() == [[-127, 127]] * 3
    assert outlined(np.zeros((10, 2), np.float32), 5).tolist() == [[0, 0]] * 5


def test_a_film_that_browsers_play_is_left_alone_and_gets_a_picture(workshop):
    content = film("mp4", "libx264")
    assert workshop.look_at_bytes(content, ItemKind.VIDEO, where="a.mp4").playable
    made = workshop.make_ready(content, ItemKind.VIDEO, where="a.mp4")
    assert (made.rendition, made.peaks) == (None, None)
    picture = np.asarray(Image.open(io.BytesIO(made.poster.content)))
    assert picture.shape == (64, 96, 3)
    assert picture.std() > 20


@pytest.mark.parametrize(
    ("form", "codec", "pixels", "sound_codec"),
    [("avi", "mpeg4", "yuv420p", ""), ("mov", "prores", "yuv422p10le", "pcm_s16le"), ("mp4", "libx264", "yuv422p", "")],
)
def test_a_film_that_browsers_do_not_play_is_converted(workshop, form, codec, pixels, sound_codec, tmp_path):
    content = film(form, codec, pixels=pixels, sound=sound_codec)
    assert not workshop.look_at_bytes(content, ItemKind.VIDEO, where="a").playable
    made = workshop.make_ready(content, ItemKind.VIDEO, where="a").rendition
    assert made.media_type == "video/mp4"
    assert workshop.look_at_bytes(made.content, ItemKind.VIDEO, where="made").playable
    (tmp_path / "made.mp4").write_bytes(made.content)
    with opened(tmp_path / "made.mp4") as container:
        frames = list(container.decode(video=0))
        assert len(frames) == 20
        assert 0.9 < frames[-1].time < 1.0
        assert len(container.streams.audio) == bool(sound_codec)


def test_a_film_without_pictures_is_a_sound(make_batch):
    content = sound(np.zeros(800))
    stream = io.BytesIO()
    with av.open(stream, "w", format="mp4") as container, av.open(io.BytesIO(content)) as source:
        heard = container.add_stream("aac", rate=8000)
        for frame in source.decode(audio=0):
            container.mux(heard.encode(frame))
        container.mux(heard.encode())
    batch = make_batch({"voice.mp4": stream.getvalue()})
    kept = [met.items[0] for met in batch._all(CHOICE) if hasattr(met, "items")]
    assert [(item.kind, item.media_type) for item in kept] == [(ItemKind.AUDIO, "audio/mp4")]


def test_the_report_says_how_many_will_be_converted(make_batch):
    report = make_batch({"a.avi": film("avi", "mpeg4"), "b.mp4": film("mp4", "libx264")}).check(CHOICE)
    assert (report.n_rows, report.n_faults, report.n_converted) == (2, 0, 1)


def test_what_was_kept_is_shown_by_its_copy_and_its_outline(workspace, seeds, browser_of, make_batch):
    project = seeds.project(workspace, QuestionKind.CHOICE, 0)
    keeper = ProjectKeeper(workspace, project.project_id, by="")
    make_batch({"a.avi": film("avi", "mpeg4", sound="mp3"), "b.wav": sound(np.ones(800))}).keep(CHOICE, keeper)
    assert keeper.unshown == []
    browser = browser_of(seeds.person(workspace, project=project))
    shown = browser.get("/api/next", params={"project": project.project_id, "n": 2}).json()["questions"]
    items = {one["items"][0]["media_type"]: one["items"][0] for one in shown}
    assert set(items) == {"video/mp4", "audio/wav"}
    assert browser.get(items["video/mp4"]["url"]).content[4:8] == b"ftyp"
    assert browser.get(f"/preview/{items['video/mp4']['id']}/poster").headers["content-type"] == "image/jpeg"
    peaks = browser.get(f"/preview/{items['audio/wav']['id']}/peaks")
    assert len(peaks.content) == 2 * BARS
    assert peaks.headers["content-security-policy"] == "default-src 'none'; sandbox"
    for nothing in (f"/preview/{items['audio/wav']['id']}/poster", "/preview/none/peaks", "/preview/none/other"):
        assert browser.get(nothing).status_code == 204
    assert browser_of().get(f"/preview/{items['audio/wav']['id']}/peaks").status_code == 401
    original = workspace.item(items["video/mp4"]["id"])
    assert original.media_type == "video/x-msvideo"


def test_a_playlist_that_leads_elsewhere_is_not_followed(workshop, tmp_path):
    target = tmp_path / "secret.ts"
    target.write_bytes(film("mpegts", "mpeg2video"))
    for words in (f"#EXTM3U\n#EXTINF:1,\n{target}\n", f"ffconcat version 1.0\nfile '{target}'\n"):
        with pytest.raises(BadFile, match="will not decode"):
            workshop.look_at_bytes(words.encode(), ItemKind.VIDEO, where="list.mp4")


def broken(monkeypatch, script: str) -> None:
    """Have the workshop's process do something else than it should."""
    real = shop.subprocess.Popen
    monkeypatch.setattr(shop.subprocess, "Popen", lambda _, **how: real([sys.executable, "-c", script], **how))


def test_a_decoder_that_breaks_takes_nothing_along(monkeypatch):
    with Workshop(pixels=100, largest_bytes=100) as opened_one:
        with monkeypatch.context() as patched:
            broken(patched, "import os; input(); os.abort()")
            with pytest.raises(BadFile, match="breaks its decoder"):
                opened_one.look_at_bytes(b"x", ItemKind.IMAGE, where="a.png")
        with pytest.raises(BadFile, match="will not decode"):  # by a new process
            opened_one.look_at_bytes(b"x", ItemKind.IMAGE, where="a.png")


def test_a_decoder_that_never_ends_is_stopped(monkeypatch):
    broken(monkeypatch, "import time; input(); time.sleep(3600)")
    monkeypatch.setattr(shop, "LOOKING_S", 0.05)
    with Workshop(pixels=100, largest_bytes=100) as opened_one, pytest.raises(BadFile, match="took more than"):
        opened_one.look_at_bytes(b"x", ItemKind.IMAGE, where="a.png")


def test_the_process_that_decodes_has_limits(workshop):
    resource = pytest.importorskip("resource")
    workshop.look_at_bytes(sound(np.zeros(80)), ItemKind.AUDIO, where="a.wav")
    limit, _ = resource.prlimit(workshop._process.pid, resource.RLIMIT_AS)
    assert limit == 4 * 2**30
    assert resource.prlimit(workshop._process.pid, resource.RLIMIT_CORE)[0] == 0


def test_what_cannot_be_made_ready_is_told_and_the_rest_is_kept(workspace, seeds, monkeypatch):
    def refuse(self, content, kind, *, where):
        raise BadFile(where, got="a file that took more than 900 s", expected="one that can be shown")

    monkeypatch.setattr(Workshop, "make_ready", refuse)
    project = seeds.project(workspace, QuestionKind.CHOICE, 0)
    keeper = ProjectKeeper(workspace, project.project_id, by="")
    item = Item(ItemKind.AUDIO, sound(np.zeros(80)), "audio/wav")
    keeper.items([item])
    assert workspace.item(item.item_id) == item
    assert keeper.unshown[0].startswith(f"audio {item.item_id[:10]}: got a file that took more than")
