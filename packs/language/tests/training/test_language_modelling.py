"""Training the next token: losses by hand, the same losses across accumulation and resume, a stop at NaN."""

import signal
import subprocess
import sys
import textwrap
from math import log

import numpy as np
import pytest
import torch

from tacit.errors import BadValue, NotFinite, RunExists
from tacit_language.models import GPT, ByteTokenizer, CharacterTokenizer, GPTConfig
from tacit_language.training import (
    RowBatches,
    TextBatches,
    TrainingSettings,
    held_out_loss,
    supervised_rows,
    train_language_model,
)

TEXT = "the cat sat on the mat and the dog sat on the log. " * 40
TOKENIZER = CharacterTokenizer.of([TEXT])
SETTINGS = TrainingSettings(30, learning_rate=0.01, warm_up_steps=3, checkpoint_steps=10)


def small(seed=0):
    return GPT(GPTConfig(24, 16, 2, 2, TOKENIZER.vocabulary_size), seed=seed)


def windows(seed=0):
    return TextBatches(TOKENIZER.encode(TEXT), length=20, rows=8, seed=seed)


def test_a_model_that_knows_nothing_loses_the_logarithm_of_the_vocabulary():
    model = small()
    with torch.no_grad():
        model.transformer.wte.weight.zero_()  # all logits are 0
    assert held_out_loss(model, windows(), 2).mean == pytest.approx(log(TOKENIZER.vocabulary_size), abs=1e-6)


def test_a_repeated_text_is_learned():
    model = small()
    training = train_language_model(model, windows(), TrainingSettings(150, learning_rate=0.02, warm_up_steps=10))
    assert training.losses[0] == pytest.approx(log(TOKENIZER.vocabulary_size), abs=0.1)
    assert training.losses[-1] < 0.6
    assert training.tokens == 150 * 8 * 20


@pytest.mark.parametrize("parts", [3, 8])
def test_a_batch_in_parts_takes_the_same_step(parts):
    rows = [[1, 2, 3], [4, 5], [6, 7, 8, 9, 1, 2], [3, 3, 3], [1, 9, 9, 9]]
    batches = RowBatches(rows, tokens_per_batch=100, seed=0)
    losses = []
    for accumulate in (1, parts):
        settings = TrainingSettings(6, learning_rate=0.01, warm_up_steps=1, accumulate=accumulate)
        losses.append(train_language_model(small(), batches, settings).losses)
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)


def test_a_killed_run_goes_on_to_the_same_losses_and_weights_bit_for_bit(tmp_path):
    program = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        import torch
        torch.set_num_threads(1)
        sys.path.insert(0, sys.argv[1])
        from test_language_modelling import SETTINGS, small, windows
        from tacit_language.training import train_language_model

        def after_step(number, loss):
            if number == 25:  # five steps after the second checkpoint
                print("here", flush=True)
                time.sleep(600)

        train_language_model(small(), windows(), SETTINGS, folder=Path(sys.argv[2]), after_step=after_step)
        """
    )
    folder = __file__.rpartition("/")[0]
    with subprocess.Popen(
        [sys.executable, "-c", program, folder, tmp_path / "kept"], stdout=subprocess.PIPE, text=True
    ) as killed:
        assert killed.stdout.readline() == "here\n"
        killed.send_signal(signal.SIGKILL)
    resumed, whole = small(seed=7), small()
    steps = []
    again = train_language_model(
        resumed, windows(), SETTINGS, folder=tmp_path / "kept", after_step=lambda number, _: steps.append(number)
    )
    assert steps == list(range(21, 31))
    straight = train_language_model(whole, windows(), SETTINGS)
    assert again.losses.tolist() == straight.losses.tolist()
    assert all(torch.equal(a, b) for a, b in zip(resumed.parameters(), whole.parameters(), strict=True))


def test_a_loss_that_is_no_number_stops_the_run_says_where_and_keeps_the_last_good_checkpoint(tmp_path):
    rows = [[1, 2, 3], [4, 5], [6, 7, 8, 9, 1, 2], [3, 3, 3], [1, 9, 9, 9, 5, 5]]
    batches, model = RowBatches(rows, tokens_per_batch=100, seed=0), small()

    def break_a_weight(number, loss):
        if number == 15:
            with torch.no_grad():
                model.transformer.wpe.weight[4] = torch.nan  # only rows of six tokens have one in place 4 that counts

    long = [row for row, mask in enumerate(batches.batch(15).mask) if mask.sum() == 6]
    said = rf"training step 16, rows {long[0]}, {long[1]} of its batch: got a loss of nan, expected finite numbers\. "
    with pytest.raises(NotFinite, match=said + "The newest checkpoint, of step 10, is in"):
        train_language_model(model, batches, SETTINGS, folder=tmp_path, after_step=break_a_weight)
    resumed = train_language_model(small(seed=3), batches, SETTINGS, folder=tmp_path)
    assert np.array_equal(resumed.losses, train_language_model(small(), batches, SETTINGS).losses)


def test_a_gradient_that_is_no_number_moves_no_weight():
    model = small()
    wild = TrainingSettings(30, learning_rate=1e15, warm_up_steps=5, weight_decay=0)
    with pytest.raises(NotFinite, match=r"training step \d+.*Lower learning_rate"):
        train_language_model(model, windows(), wild)
    assert all(bool(weight.isfinite().all()) for weight in model.parameters())


def test_checkpoints_of_another_run_are_not_gone_on_from(tmp_path):
    train_language_model(small(), windows(), SETTINGS, folder=tmp_path)
    with pytest.raises(RunExists, match="checkpoints of a run with other batches"):
        train_language_model(small(), windows(seed=1), SETTINGS, folder=tmp_path)


# ---- supervised fine-tuning


def test_only_the_reply_and_the_end_are_learned():
    tokenizer = ByteTokenizer()
    rows, learned = supervised_rows([("ab", "c"), ("", "d"), ("abcdef", "gh")], tokenizer, 6)
    a, b, c, d, _, f, g, h = b"abcdefgh"
    end = tokenizer.end_id
    assert rows == [[a, b, c, end], [end, d, end], [d, 101, f, g, h, end]]  # the last prompt lost its beginning
    assert learned == [[False, False, True, True], [False, True, True], [False] * 3 + [True] * 3]
    with pytest.raises(BadValue, match="example 1: got an empty reply"):
        supervised_rows([("a", "b"), ("a", "")], tokenizer, 6)
    with pytest.raises(BadValue, match="example 0: got a reply of 7 tokens, expected fewer than the context of 6"):
        supervised_rows([("a", "bcdefg")], tokenizer, 6)


def test_a_pass_brings_every_row_once_and_little_padding(rng):
    rows = [[i % 200, *([1] * int(n))] for i, n in enumerate(rng.integers(1, 60, size=200))]
    batches = RowBatches(rows, tokens_per_batch=256, seed=0)
    seen, padded, step = [], [], 0
    while len(seen) < 200:
        tokens, mask, targets = batches.batch(step)
        assert tokens.numel() <= 256
        assert torch.equal(targets[:, 1:], mask[:, 1:])
        seen += tokens[:, 0].tolist()
        padded.append(float((~mask).float().mean()))
        step += 1
    assert sorted(seen) == list(range(200))
    assert np.mean(padded) < 0.1
    again = RowBatches(rows, tokens_per_batch=256, seed=0)
    assert torch.equal(again.batch(step).tokens, batches.batch(step).tokens)  # asked for alone, in the second pass


def test_a_row_without_a_token_to_learn_is_refused():
    with pytest.raises(BadValue, match="training row 1: got no token to learn"):
        RowBatches([[1, 2], [3]], tokens_per_batch=10, seed=0)
    with pytest.raises(BadValue, match="training text: got 3 tokens, expected more than 4"):
        TextBatches([1, 2, 3], length=4, rows=1, seed=0)
