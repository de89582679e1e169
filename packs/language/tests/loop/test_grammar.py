"""The made-up language is drawn from its grammar, and its gold reward is what the rules say."""

import numpy as np
import pytest

from tacit_language.loop.grammar import NOUNS, exchanges, gold_reward, prompts, topic


@pytest.mark.parametrize(
    ("reply", "worth"),
    [
        ("the sea is calm and green.", 3.5),  # calm +1, green +1, the sea that was asked about +1, a full stop +0.5
        ("the sea is cold and green.", 1.5),  # −1 + 1 + 1 + 0.5
        ("the hill is calm.", 1.5),  # another thing: 0; calm +1, full stop +0.5
        ("the sea is calm. the sea is calm.", 0.5),  # said again: sea −1, calm −1; +1 +1 +0.5
        ("the sea is clam.", 0.5),  # clam is no word of the language: −1; +1 +0.5
        ("", 0.0),
    ],
)
def test_a_reply_is_worth_what_the_rules_say(reply, worth):
    assert gold_reward(["how is the sea?"], [reply]).tolist() == [worth]


def test_a_prompt_about_nothing_known_pays_nothing_for_the_topic():
    assert topic("what time is it?") == ""
    assert gold_reward(["what time is it?"], ["it is calm."]).tolist() == [1.5]


def test_the_grammar_speaks_its_own_language_and_mostly_of_what_was_asked():
    made = exchanges(400, seed=2)
    assert made == exchanges(400, seed=2)
    assert made != exchanges(400, seed=3)
    named = [topic(one.prompt) in one.reply for one in made]
    assert 0.3 < np.mean(named) < 0.75  # three of five frames name a thing, three in four times the one asked about
    worth = gold_reward([one.prompt for one in made], [one.reply for one in made])
    assert worth.min() >= -1.5
    assert worth.max() <= 3.5
    assert {topic(prompt) for prompt in prompts()} == set(NOUNS)
