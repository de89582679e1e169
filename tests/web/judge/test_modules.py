"""The parts of the judging page that touch no page: differences, ranks, keys, numbers, dialogues, waveforms, words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def call(page: Page, module: str, expression: str, *arguments: object) -> Any:
    """Evaluate `expression`, a function of the module's names `m` and the arguments."""
    script = (
        f"async (given) => {{ const m = await import('/static/judge/{module}'); return ({expression})(m, ...given); }}"
    )
    return page.evaluate(script, list(arguments))


def difference(page: Page, left: str, right: str) -> list[list[dict[str, Any]]]:
    return call(page, "difference.js", "(m, a, b) => m.difference(a, b)", left, right)


def test_the_words_that_differ_are_marked_in_both_texts(modules: Page) -> None:
    # the | cat | sat  against  the | dog | sat: one word of three differs, the spaces around it do not
    assert difference(modules, "the cat sat", "the dog sat") == [
        [{"same": True, "text": "the "}, {"same": False, "text": "cat"}, {"same": True, "text": " sat"}],
        [{"same": True, "text": "the "}, {"same": False, "text": "dog"}, {"same": True, "text": " sat"}],
    ]


def test_words_that_were_added_at_the_end_are_marked_on_one_side(modules: Page) -> None:
    left, right = difference(modules, "go home", "go home now")
    assert left == [{"same": True, "text": "go home"}]
    assert right == [{"same": True, "text": "go home"}, {"same": False, "text": " now"}]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text("ab \n.é👍", max_size=30), st.text("ab \n.é👍", max_size=30))
def test_the_pieces_of_a_difference_make_up_both_texts(modules: Page, left: str, right: str) -> None:
    one, other = difference(modules, left, right)
    assert "".join(piece["text"] for piece in one) == left
    assert "".join(piece["text"] for piece in other) == right
    same = ["".join(p["text"] for p in side if p["same"]).replace(" ", "").replace("\n", "") for side in (one, other)]
    assert same[0] == same[1]  # what is called the same is the same on both sides, spaces apart


def test_ranks_begin_at_zero_and_ties_share_one(modules: Page) -> None:
    # order C, A, B with A as good as C: C and A stand at 0, and two are better than B
    assert call(modules, "questions/ranking.js", "(m) => m.ranks([2, 0, 1], new Set([0]))") == [0, 2, 0]
    assert call(modules, "questions/ranking.js", "(m) => m.ranks([2, 0, 1], new Set())") == [1, 2, 0]
    # the first has nobody above it to be as good as
    assert call(modules, "questions/ranking.js", "(m) => m.ranks([0, 1], new Set([0]))") == [0, 1]


def test_a_scale_of_ten_steps_has_a_digit_each_and_a_longer_one_none(modules: Page) -> None:
    assert call(modules, "questions/rating.js", "(m) => m.digits(m.values(1, 5, 1))") == [1, 2, 3, 4, 5]
    assert call(modules, "questions/rating.js", "(m) => m.digits(m.values(1, 10, 1))") == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0]
    assert call(modules, "questions/rating.js", "(m) => m.values(0, 1, 0.25)") == [0, 0.25, 0.5, 0.75, 1]
    assert call(modules, "questions/rating.js", "(m) => m.digits(m.values(0, 1, 0.25))") == [1, 2, 3, 4, 5]
    assert call(modules, "questions/rating.js", "(m) => m.values(0, 10, 1)") == []
    assert call(modules, "questions/rating.js", "(m) => m.values(0, 1, null)") == []


@pytest.mark.parametrize(("typed", "percent"), [("7", 70), ("73", 73), ("05", 5), ("0", 0), ("100", 100), ("731", 31)])
def test_digits_are_tens_then_percent(modules: Page, typed: str, percent: int) -> None:
    assert call(modules, "questions/probability.js", "(m, typed) => m.percentage(typed)", typed) == percent


def test_words_are_counted_in_characters_as_the_server_counts_them(modules: Page) -> None:
    # "👍" is one character for the server and two halves for a script: the word after it begins at 2
    found = call(modules, "questions/text_spans.js", "(m) => m.wordsOf(Array.from('👍 don’t stop.'))")
    assert found == [{"start": 0, "end": 1}, {"start": 2, "end": 7}, {"start": 8, "end": 12}, {"start": 12, "end": 13}]


@pytest.mark.parametrize(
    "text",
    [
        '[{"role": "human", "text": "Hi"}, {"role": "assistant", "text": "Hello\\nyou"}]',
        '{"messages": [{"role": "human", "content": "Hi"}, {"from": "assistant", "value": "Hello\\nyou"}]}',
        "\n\nHuman: Hi\n\nAssistant: Hello\nyou",
    ],
)
def test_a_dialogue_is_read_in_each_of_its_forms(modules: Page, text: str) -> None:
    found = call(modules, "media/reading.js", "(m, text) => m.turns(text)", text)
    assert [(turn["role"].lower(), turn["text"]) for turn in found] == [("human", "Hi"), ("assistant", "Hello\nyou")]


def test_a_table_is_read_with_quotes_and_tabs(modules: Page) -> None:
    assert call(modules, "media/reading.js", "(m, t) => m.rows(t)", 'a,"b, c"\r\n"say ""hi""",2\n') == [
        ["a", "b, c"],
        ['say "hi"', "2"],
    ]
    assert call(modules, "media/reading.js", "(m, t) => m.rows(t)", "a\tb,c\n1\t2") == [["a", "b,c"], ["1", "2"]]


@pytest.mark.parametrize(
    "text", ["[[1, 2], [3, 4]]", '{"x": [1, 3], "y": [2, 4]}', "mz,intensity\n1,2\n3,4", "1 2\n3 4"]
)
def test_a_spectrum_is_read_in_each_of_its_forms(modules: Page, text: str) -> None:
    assert call(modules, "media/graph.js", "(m, text) => m.points(text)", text) == [[1, 2], [3, 4]]


def test_a_waveform_keeps_the_extremes(modules: Page) -> None:
    # eight samples in two bars: the largest and smallest of each half
    script = "(m) => [...m.peaks(new Float32Array([0, 0.5, -0.25, 0, 0, 0, -1, 0.125]), 2)]"
    assert call(modules, "media/sound.js", script) == [-0.25, 0.5, -1, 0.125]


def test_no_two_actions_share_a_key_from_the_start(modules: Page) -> None:
    script = """(m) => {
        const map = new m.Keymap();
        return m.ACTIONS.flatMap((action) => action.keys.filter((key) => {
            const own = map.keys.get(action.name);
            return own && map.conflict(action.name, key).includes("already");
        }).map((key) => action.name + " " + key));
    }"""
    assert call(modules, "keys.js", script) == []


def test_a_key_that_is_taken_is_refused_and_named(modules: Page) -> None:
    script = """(m) => {
        const map = new m.Keymap();
        const asked = [["judge.skip", "ArrowLeft"], ["comparison.left", "s"], ["rating.lower", "7"],
                       ["judge.skip", "Ctrl+w"], ["comparison.left", "f"]];
        const told = asked.map(([action, key]) => map.change(action, key));
        const does = [["f", "comparison"], ["f", "rating"], ["ArrowLeft", "comparison"]];
        return [...told, ...does.map(([key, kind]) => map.action(key, kind)), map.changed()];
    }"""
    taken, skip, digit, browser, fine, now, elsewhere, freed, changed = call(modules, "keys.js", script)
    assert "The left one" in taken
    assert "Skip" in skip
    assert "Digits" in digit
    assert "browser" in browser
    assert (fine, now, elsewhere, freed) == ("", "comparison.left", None, None)
    assert changed == {"comparison.left": ["f", "1"]}


def test_keys_kept_from_an_earlier_visit_hold_unless_they_clash(modules: Page) -> None:
    script = """(m) => {
        const left = ["f", "1"], right = ["f"];
        const kept = {"comparison.left": left, "comparison.right": right, "no.such": ["q"], "judge.undo": 7};
        const map = new m.Keymap(kept);
        return [map.of("comparison.left"), map.of("comparison.right"), map.of("judge.undo")];
    }"""
    assert call(modules, "keys.js", script) == [["f", "1"], ["ArrowRight", "2"], ["u", "Alt+u"]]


def test_instructions_keep_their_shape_and_lose_whatever_could_act(modules: Page) -> None:
    hostile = (
        "<h2 onclick='x()'>Do</h2><p style='color:red'>this <b>now</b> <a href='javascript:x()'>or</a> else</p>"
        "<script>x()</script><img src=x onerror=x()><svg onload=x()><ul><li>one</ul><iframe src=x></iframe>"
    )
    script = """(m, html) => {
        const host = document.createElement("div");
        host.append(m.richText(html));
        return host.innerHTML;
    }"""
    shown = call(modules, "dom.js", script, hostile)
    assert shown == "<h2>Do</h2><p>this <b>now</b> or else</p><ul><li>one</li></ul>"


def test_idempotency_keys_differ_and_are_uuids(modules: Page) -> None:
    keys = call(modules, "wire.js", "(m) => Array.from({length: 100}, () => m.newKey())")
    assert len(set(keys)) == 100
    assert all(len(key) == 36 and key[14] == "4" and key[19] in "89ab" for key in keys)


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0:00"), (59.9, "0:59"), (61, "1:01"), (3661, "1:01:01"), (-5, "0:00")]
)
def test_a_clock_shows_minutes_and_hours(modules: Page, seconds: float, shown: str) -> None:
    assert call(modules, "dom.js", "(m, s) => m.clock(s)", seconds) == shown
