import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tacit.errors import BadValue
from tacit_speech.decode.ctc import alignments, collapsed, ctc_gradient, ctc_loss, least_frames, sum_over_alignments


def logits_of(seed, frames, symbols):
    return 2 * np.random.default_rng(seed).normal(size=(frames, symbols))


def log_softmax(logits):
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


def test_two_frames_of_one_symbol_by_hand():
    # p(blank, a) is (.4, .6), then (.3, .7). Alignments of "a": aa .42, a- .6*.3 = .18, -a .4*.7 = .28; sum .88.
    table = np.log([[0.4, 0.6], [0.3, 0.7]])
    assert ctc_loss(table, [1]) == pytest.approx(-np.log(0.88), abs=1e-12)
    assert ctc_loss(table, []) == pytest.approx(-np.log(0.12), abs=1e-12)


def test_the_gradient_of_the_same_by_hand():
    # Given the text, frame 1 says a in .60 of .88 and frame 2 in .70 of .88: gradient .6 - .60/.88 and .7 - .70/.88.
    gradient = ctc_gradient(np.log([[0.4, 0.6], [0.3, 0.7]]), [1])
    expected = [[0.4 - 0.28 / 0.88, 0.6 - 0.60 / 0.88], [0.3 - 0.18 / 0.88, 0.7 - 0.70 / 0.88]]
    assert gradient == pytest.approx(np.array(expected), abs=1e-12)


@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(2, 4), st.lists(st.integers(1, 3), max_size=3))
@settings(max_examples=60, deadline=None)
def test_loss_and_gradient_are_pytorchs(seed, frames, symbols, text):
    ids = np.array([1 + i % (symbols - 1) for i in text], dtype=np.int64)
    logits = torch.tensor(logits_of(seed, frames, symbols), requires_grad=True)
    posteriors = torch.log_softmax(logits, 1)
    loss = torch.nn.functional.ctc_loss(
        posteriors[:, None], torch.tensor(ids)[None], torch.tensor([frames]), torch.tensor([len(ids)]), reduction="sum"
    )
    table = posteriors.detach().numpy()
    if least_frames(ids) > frames:
        assert np.isinf(loss.item())
        assert np.isinf(ctc_loss(table, ids))
        return
    loss.backward()
    assert ctc_loss(table, ids) == pytest.approx(loss.item(), abs=1e-9)
    assert np.abs(ctc_gradient(table, ids) - logits.grad.numpy()).max() < 1e-9


@pytest.mark.parametrize("seed", range(20))
def test_the_recursion_sums_over_all_alignments(seed):
    rng = np.random.default_rng(seed)
    table = log_softmax(logits_of(seed, int(rng.integers(1, 7)), 3))
    ids = rng.integers(1, 3, rng.integers(0, 4))
    brute = sum_over_alignments(table, ids)
    assert -ctc_loss(table, ids) == brute or -ctc_loss(table, ids) == pytest.approx(brute, abs=1e-9)


def test_the_texts_of_all_alignments_share_all_probability():
    table = log_softmax(logits_of(0, 4, 3))
    texts = {collapsed(path) for path, _ in alignments(table)}
    assert sum(np.exp(-ctc_loss(table, np.array(text, dtype=np.int64))) for text in texts) == pytest.approx(1)


def test_the_gradient_of_each_frame_sums_to_zero():
    # The loss does not change when a constant is added to the logits of a frame.
    table = log_softmax(logits_of(3, 30, 8))
    assert np.abs(ctc_gradient(table, [1, 1, 5, 2]).sum(axis=1)).max() < 1e-10


def test_an_equal_neighbour_costs_a_frame_more():
    assert least_frames(np.array([1, 1, 2])) == 4
    assert ctc_loss(log_softmax(logits_of(0, 3, 3)), [1, 1, 2]) == np.inf


def test_what_has_no_loss_is_refused():
    with pytest.raises(BadValue, match="got 3, expected at least 4"):
        ctc_gradient(log_softmax(logits_of(0, 3, 3)), [1, 1, 2])
    with pytest.raises(BadValue, match=r"got \[0\], expected 1 to 2; the blank is 0"):
        ctc_loss(log_softmax(logits_of(0, 3, 3)), [0])
    with pytest.raises(BadValue, match=r"got shape \(3,\)"):
        ctc_loss(np.zeros(3), [1])
