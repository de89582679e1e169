import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacit.errors import BadFile, BadValue
from tacit_speech.decode.ngram import Unit, build, count_ngrams, evaluate, smooth
from tacit_speech.decode.ngram import counting as counting_module

TEXT = ["a b", "a b", "a c"]


def probability(model, context, word):
    """Return p(word | context), the context a sentence's beginning."""
    state = np.array([model.start])
    for token in context:
        _, state = model.advance(state, model.word_ids([token]))
    return float(np.exp(model.advance(state, model.word_ids([word]))[0][0]))


def test_a_bigram_model_worked_by_hand():
    # Discounts .5, 1, 1.5 (too little text to estimate them). Single tokens count by what stands before them: a, b, c 1
    # each, </s> 2 (b and c); of 5. Taken: .5 + .5 + .5 + 1 = 2.5, so the weight of the uniform 1/5 over <unk>, </s>, a,
    # b, c is 2.5/5 = .5, and p(a) = p(b) = p(c) = .5/5 + .5/5 = .2, p(</s>) = 1/5 + .1 = .3, p(<unk>) = .1.
    # <s>: a thrice, (3 - 1.5)/3 = .5, weight .5: p(a | <s>) = .5 + .5 * .2 = .6, p(b | <s>) = .5 * .2 = .1.
    # a: b twice, c once: (2 - 1)/3, (1 - .5)/3, weight (1 + .5)/3 = .5: p(b | a) = 1/3 + .1, p(c | a) = 1/6 + .1.
    # b: </s> twice: (2 - 1)/2 = .5, weight .5: p(</s> | b) = .5 + .5 * .3 = .65.
    model, report = build(TEXT, 2)
    assert report.estimated == (False, False)
    assert probability(model, "", "a") == pytest.approx(0.6)
    assert probability(model, "", "b") == pytest.approx(0.1)
    assert probability(model, "a", "b") == pytest.approx(1 / 3 + 0.1)
    assert probability(model, "a", "c") == pytest.approx(1 / 6 + 0.1)
    assert probability(model, "ab", "</s>") == pytest.approx(0.65)
    assert probability(model, "ab", "never heard") == pytest.approx(0.5 * 0.1)
    # Perplexity of "a b": (.6 * .43333 * .65)^(-1/3) = .169^(-1/3) = 1.8087.
    assert evaluate(model, ["a b"]).perplexity.mean == pytest.approx(0.169 ** (-1 / 3), rel=1e-9)


def test_discounts_come_from_how_many_tokens_have_each_count():
    # k, l, m, n once, x, v twice, y thrice, z four times: t = 4, 2, 1, 1; q and the end of the five lines have five.
    # Y = 4 / (4 + 2 * 2) = .5; D1 = 1 - 2 * .5 * 2/4 = .5; D2 = 2 - 3 * .5 * 1/2 = 1.25; D3 = 3 - 4 * .5 * 1/1 = 1.
    model, report = build(["k l m n", "x v y y", "x v z z", "y z z", "q q q q q"], 1)
    assert report.discounts[0] == pytest.approx((0.5, 1.25, 1.0))
    assert report.estimated == (True,)
    assert model.order == 1


def test_cutoffs_give_what_is_left_out_to_the_shorter_context():
    # As by hand above, but "a c" (seen once) is left out: weight of a is (1 + 1)/3, so p(c | a) = 2/3 * .2.
    model, report = build(TEXT, 2, cutoffs=[0, 1])
    assert report.left_out == (0, 2)  # "a c" and "c </s>"
    assert probability(model, "a", "c") == pytest.approx(2 / 3 * 0.2)
    assert probability(model, "a", "b") == pytest.approx(1 / 3 + 2 / 3 * 0.2)


words = st.lists(st.text("abcd", min_size=1, max_size=1), min_size=1, max_size=6).map(" ".join)


@given(
    st.lists(words, min_size=1, max_size=12), st.integers(1, 4), st.integers(0, 1), st.randoms(use_true_random=False)
)
@settings(max_examples=60, deadline=None)
def test_probabilities_sum_to_one_after_any_context(lines, order, cutoff, random):
    model, _ = build(lines, order, cutoffs=[0, cutoff][:order])
    followers = np.array([i for i in range(model.n_words) if i != 1])
    state = np.array([model.start])
    for _ in range(4):
        log_probs, states = model.advance(np.repeat(state, len(followers)), followers)
        assert np.exp(log_probs).sum() == pytest.approx(1, abs=1e-9)
        state = states[[random.randrange(1, len(followers))]]


@given(st.lists(words, min_size=1, max_size=10), st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_counts_are_those_of_a_plain_count(lines, order):
    counts = count_ngrams(lines, order)
    plain = {}
    for line in lines:
        tokens = ["<s>", *line.split(), "</s>"]
        for k in range(1, order + 1):
            for i in range(len(tokens) - k + 1):
                gram = tuple(tokens[i : i + k])
                plain[gram] = plain.get(gram, 0) + 1
    model, _ = smooth(counts)
    found = {tuple(model.text(i)): int(counts.counts[i]) for i in range(1, len(counts.counts)) if counts.counts[i]}
    assert found == plain


def test_a_text_in_pieces_counts_as_one(monkeypatch):
    rng = np.random.default_rng(0)
    lines = [" ".join(rng.choice(list("abcdefg"), rng.integers(1, 9))) for _ in range(300)]
    whole, _ = build(lines, 4)
    monkeypatch.setattr(counting_module, "PIECE", 37)
    in_pieces, _ = build(lines, 4)
    assert whole.sizes == in_pieces.sizes
    assert np.array_equal(whole.words, in_pieces.words)
    assert np.allclose(whole.log_prob, in_pieces.log_prob)


def test_the_order_of_the_text_does_not_matter():
    one, _ = build(TEXT, 3)
    other, _ = build(TEXT[::-1], 3)
    assert one.vocabulary == other.vocabulary
    assert np.array_equal(one.log_prob, other.log_prob)


def test_more_context_foretells_a_text_better():
    rng = np.random.default_rng(1)
    follow = {"a": "bbbc", "b": "ccca", "c": "aaab"}

    def chain():
        token, tokens = "a", []
        for _ in range(20):
            tokens.append(token)
            token = follow[token][rng.integers(4)]
        return " ".join(tokens)

    training, held_out = [chain() for _ in range(200)], [chain() for _ in range(50)]
    single, double = (evaluate(build(training, order)[0], held_out).perplexity for order in (1, 2))
    assert double.high < single.low
    # Entropy of the chain: .75 ln(1/.75) + .25 ln 4 = .5623 a choice, and 21 tokens hold 19 of them: no model that does
    # not count to 20 can have a perplexity below exp(19/21 * .5623) = 1.66.
    assert 1.66 < double.mean < 2.2


def test_characters_are_tokens_and_the_space_is_one():
    model, _ = build(["ab ba"], 2, unit=Unit.CHARACTER)
    assert model.vocabulary[3:] == ("<space>", "a", "b")
    assert evaluate(model, ["ab  ba "]).n_tokens == 5


def test_words_outside_a_vocabulary_are_unknown():
    model, _ = build(["a b", "a z", "a z"], 2, vocabulary=["a", "b", "q"])
    assert model.vocabulary[3:] == ("a", "b", "q")
    found = evaluate(model, ["a z z", "b"])
    assert (found.n_tokens, found.n_unknown, found.n_sentences) == (4, 2, 2)
    assert probability(model, "a", "z") > probability(model, "a", "b")  # two of three were unknown
    rare, _ = build(["a b", "a z", "a z"], 1, min_count=2)
    assert rare.vocabulary[3:] == ("a", "z")


def test_what_makes_no_model_is_refused():
    with pytest.raises(BadValue, match="order of the language model: got 0, expected 1 or more"):
        build(TEXT, 0)
    with pytest.raises(BadValue, match=r"speech\.txt: got no tokens"):
        build(["", "  "], 2, where="speech.txt")
    with pytest.raises(BadValue, match=r"cutoffs of the language model: got 0 2 1, expected at most 3 whole numbers"):
        build(TEXT, 3, cutoffs=[0, 2, 1])
    with pytest.raises(BadFile, match=r"speech\.txt line 2: got </s>, expected words alone"):
        build(["a", "b </s>"], 2, where="speech.txt")
