"""What was passed over is told as a person reads it: alike things once."""

from tacit_speech.verbs.measuring import shown_left_out


def row(name, reason):
    return {"where": f"{name}.wav", "what": name, "reason": reason}


def test_what_is_wrong_in_the_same_way_is_said_once_with_an_example():
    rows = [row(f"r{i}", "recorded at 8000 Hz") for i in range(300)] + [row("odd", "clipped")]
    assert shown_left_out({"left_out": [row("s", "silence")], "warnings": rows}) == [
        "left out: s.wav: s: silence",
        "kept, but look at: 300 recordings, such as r0.wav: r0: recorded at 8000 Hz",
        "kept, but look at: odd.wav: odd: clipped",
    ]


def test_many_reasons_are_counted_and_where_to_find_them_is_said():
    rows = [row(f"r{i}", f"reason {i % 7}") for i in range(14)]
    lines = shown_left_out({"left_out": rows, "warnings": []})
    assert len(lines) == 6
    assert lines[-1] == "left out: … and 4 more; --json lists them all"
