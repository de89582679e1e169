"""Recordings on a page: heard, seen, and led through by their words."""

import wave
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tacit.errors import BadValue
from tacit.judging.item import Media
from tacit.report.recordings import Picture, Recording, TimedWord, heat_png, wave_png
from tacit.report.sheet import Part, Sheet, write_sheet

RATE_HZ = 8_000


def tone(length_s=12.0):
    at_s = np.arange(int(length_s * RATE_HZ)) / RATE_HZ
    return 0.3 * np.sin(2 * np.pi * 330 * at_s)


def wav(samples):
    stream = BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((32_000 * samples).astype("<i2").tobytes())
    return Media(stream.getvalue(), "audio/wav")


def recording(name="take 1"):
    words = [
        TimedWord("one", "one", 0.1, 0.6, note="97 %"),
        TimedWord("two", "too", 0.7, 1.1, "substitution"),
        TimedWord("three", "", 1.2, 1.2, "deletion"),
        TimedWord("", "<i>oh</i>", 1.3, 1.8, "insertion"),
    ]
    pictures = [Picture(wave_png(tone()), "the wave"), Picture(heat_png(np.eye(3)), "posteriors", ("a", "b", "c"))]
    return Recording(name, wav(tone()), 12.0, words, pictures, "a note")


def test_a_picture_holds_the_shares_as_opacity():
    # .5 of 255 is 127.5, which is rounded to even: 128.
    picture = np.array(Image.open(BytesIO(heat_png(np.array([[0.0, 0.5], [1.0, np.nan]])))))
    assert picture[..., 3].tolist() == [[0, 128], [255, 0]]
    assert picture.shape == (2, 2, 4)
    assert np.array(Image.open(BytesIO(heat_png(np.eye(2), height_px=7)))).shape == (6, 2, 4)


def test_a_wave_is_high_where_it_is_loud():
    quiet_then_loud = np.concatenate([0.1 * tone(1.0), tone(1.0)])
    drawn = np.array(Image.open(BytesIO(wave_png(quiet_then_loud, width_px=100))))[..., 3] > 0
    assert drawn[:, :45].sum(axis=0).max() < drawn[:, 55:].sum(axis=0).min()
    assert np.array(Image.open(BytesIO(wave_png(np.zeros(0))))).shape[1] == 1


def test_a_page_with_recordings_holds_them_and_knows_its_script(tmp_path):
    sheet = Sheet("Speech", "digits", "It understands.", parts=[Part("Where it went wrong", recordings=[recording()])])
    text = write_sheet(tmp_path / "page.html", sheet).read_text()
    for expected in (
        "data:audio/wav;base64,",
        "data:image/png;base64,",
        "script-src 'sha256-",
        "&lt;i&gt;oh&lt;/i&gt;",
    ):
        assert expected in text
    assert "two, recognised as too" in text
    assert "three, recognised as nothing" in text


def test_another_kind_of_step_is_refused():
    with pytest.raises(BadValue, match="substitution"):
        TimedWord("a", "b", 0, 1, "mistake")


@pytest.mark.browser
def test_a_word_plays_its_stretch_and_the_picture_leads_to_its_time(tmp_path, chromium):
    path = write_sheet(
        tmp_path / "page.html", Sheet("Speech", "digits", "It plays.", parts=[Part("All", recordings=[recording()])])
    )
    context = chromium.new_context(viewport={"width": 900, "height": 900})
    try:
        page = context.new_page()
        page.set_default_timeout(60_000)
        complaints, requested = [], []
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        context.on("request", lambda request: requested.append(request.url.partition(":")[0]))
        page.goto(path.as_uri())
        page.get_by_role("button", name="Play two, recognised as too").click()
        # It plays from .7 s, and stops by itself at 1.1 s, long before the end at 12 s.
        page.wait_for_function("() => document.querySelector('audio').currentTime >= 1.05")
        page.wait_for_function("() => document.querySelector('audio').paused")
        assert page.evaluate("document.querySelector('audio').ended") is False
        stage = page.locator(".stage").last
        stage.click(position={"x": 0.95 * stage.bounding_box()["width"], "y": 2})
        page.wait_for_function("() => document.querySelector('audio').ended", timeout=60_000)
        page.wait_for_function("() => parseFloat(document.querySelector('.stage .head').style.left) > 95")
        assert complaints == []
        assert set(requested) <= {"file", "data"}
        for width_px in (360, 900):
            page.set_viewport_size({"width": width_px, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width_px
        page.screenshot(path=str(tmp_path / "page.png"), full_page=True)
    finally:
        context.close()
