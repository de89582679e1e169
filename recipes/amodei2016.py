"""Deep Speech 2's mathematics, its scaling with data, its ablations in small, and its queue (Amodei et al. 2016).

What can be checked exactly is: CTC, the search, sequence-wise batch normalisation and row convolution. The published
scaling of word error rate with hours of speech is fitted anew from the published rows. SortaGrad, batch normalisation,
the look-ahead and the scaling are also tried on synthetic speech, in small: a symbol is 2 to 6 noisy frames of 13
numbers, an utterance 3 to 40 symbols of 12; one pass takes a second. Signs and trends are claimed of these, never the
paper's numbers. Batch Dispatch is simulated: two service times are fitted to the published row of 10 streams, and the
rows of 20 and 30 are predicted. Word error rates of the paper are printed as published; nothing here measures them.

Source: Amodei et al. 2016, arXiv:1512.02595, and its shorter form in ICML 2016, whose figures differ in places.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tacit.catalogue.recipes import Claim, ClaimKind, Finding, Results, Stage
from tacit.measure import mean_estimate
from tacit.measure.word_errors import Utterances, word_errors
from tacit_speech import Alphabet, Posteriors
from tacit_speech.acoustic import DeepSpeech, ModelSettings
from tacit_speech.acoustic.batches import epoch_batches
from tacit_speech.acoustic.layers import RowConvolution, SequenceBatchNorm
from tacit_speech.decode import BeamSettings, beam_search, ctc_gradient, ctc_loss, greedy
from tacit_speech.decode.ctc import alignments, collapsed, sum_over_alignments
from tacit_speech.serving.queueing import fit_service_time, simulate_queue

PAPER = "Amodei et al. 2016, arXiv:1512.02595"
SEEDS = 3

HOURS = (120, 1_200, 2_400, 6_000, 12_000)
WER_BY_HOURS = {"regular": (29.23, 13.80, 11.65, 9.51, 8.46), "noisy": (50.97, 22.99, 20.41, 15.90, 13.59)}
"""Word error rate, %, of the same network on as many hours, as published."""

DISPATCH_MS = {10: (44, 70), 20: (48, 86), 30: (67, 114)}
"""Streams → median and 98th percentile of the latency, ms, as published."""

PUBLISHED_WER = (
    "WSJ eval'92 3.60 (people 5.03), eval'93 4.98 (8.08), LibriSpeech clean 5.33 (5.83), other 13.25 (12.69), "
    "CHiME real 21.79 (11.84)"
)


def _claims(kind: ClaimKind, rows: Mapping[str, tuple[str, float | str | None, str]]) -> dict[str, Claim]:
    return {
        name: Claim(claim, kind, published, f"{PAPER}, {where}" if where else PAPER)
        for name, (claim, published, where) in rows.items()
    }


CLAIMS = {
    **_claims(
        ClaimKind.IDENTITY,
        {
            "ctc loss": ("the CTC loss is that of the sum over all alignments (largest gap, at most 1e-6)", None, ""),
            "ctc gradient": ("its gradient is PyTorch's (largest gap, at most 1e-5)", None, ""),
            "search": ("a search without limits is brute force (largest gap, at most 1e-6)", None, "section 3"),
            "normalisation": (
                *("batch normalisation whose gain and offset are spread and mean is none (largest gap, at most 1e-5)",),
                *(None, "section 3.2"),
            ),
            "row convolution": (
                *("row convolution is its sum, and sees tau frames of the future and no more (largest gap)",),
                *(None, ""),
            ),
        },
    ),
    **_claims(
        ClaimKind.PROTOCOL,
        {
            "hours": (
                "slope of ln WER by ln hours, 1,200 to 12,000 hours, regular",
                "about -40 % a decade",
                "section 5.3",
            ),
            "hours, noisy": ("the same slope, noisy speech", "about -40 % a decade", "section 5.3"),
            "published": ("word error rates, %, as published, with people's", PUBLISHED_WER, ""),
        },
    ),
    **_claims(
        ClaimKind.ANALOGUE,
        {
            "sortagrad": (
                *("SortaGrad lowers the loss after the first epochs at a high rate (nats a symbol, with - without)",),
                *("WER 11.96 without, 10.83 with", "section 3.3"),
            ),
            "normalised": (
                *("batch normalisation lowers the error of 3 recurrent layers (CER, points, with - without)",),
                *("WER 10.77 without, 9.78 with (5 recurrent layers)", "section 3.2"),
            ),
            "lookahead": (
                *("a row convolution lowers the error by a point or more where cues come late (CER, points)",),
                *(None, ""),
            ),
            "scaling": (
                *("more utterances, fewer errors: the slope of ln CER by ln utterances is below 0",),
                *("about -40 % a decade", "section 5.3"),
            ),
            "dispatch 20": ("the median of 20 streams is foretold within 25 %, ms", 48.0, "section 7"),
            "dispatch 30": ("the median of 30 streams is foretold within 25 %, ms", 67.0, "section 7"),
            "dispatch alone": (
                *("one at a time, the 98th percentile of 30 streams is more than twice that of batches (ratio)",),
                *(None, "section 7"),
            ),
        },
    ),
}

SPEECH = {"utterances": 300, "held_out": 60, "epochs": 5, "layers": 1, "width": 48, "rate": 5e-3, "late": False}
"""Of the runs on synthetic speech; each condition changes some of it."""

SIZES = (50, 100, 200, 400)

CONDITIONS: dict[str, dict[str, Any]] = {
    "sorted": {"sorta_grad": True, "normalised": False, "optimizer": "sgd", "rate": 3e-3, "layers": 3, "epochs": 2},
    "unsorted": {"sorta_grad": False, "normalised": False, "optimizer": "sgd", "rate": 3e-3, "layers": 3, "epochs": 2},
    "normalised": {"layers": 3, "normalised": True},
    "not-normalised": {"layers": 3, "normalised": False},
    "look-ahead": {"late": True, "lookahead": 8, "epochs": 8},
    "no-look-ahead": {"late": True, "lookahead": 0, "epochs": 8},
    **{f"utterances-{n}": {"utterances": n, "epochs": 1_600 // n} for n in SIZES},
}

PIECES: dict[str, dict[str, Any]] = {
    "identities": {"what": "identities", "cases": 200, "seed": 0},
    "published": {"what": "published"},
    "dispatch": {"what": "dispatch", "requests": 20_000, "seed": 0},
    **{
        f"speech/{name}/{seed}": {
            **{"what": "speech", "seed": seed, "optimizer": "adam", "sorta_grad": True, "normalised": True},
            **{"lookahead": 0, **SPEECH, **changes},
        }
        for seed in range(SEEDS)
        for name, changes in CONDITIONS.items()
    },
}


def run_piece(piece: Mapping[str, Any], folder: Path, stage: Stage) -> dict[str, Any]:  # noqa: ARG001
    """Check the identities, fit the published rows, simulate the queue, or train on synthetic speech."""
    return {"identities": identities, "published": fits, "dispatch": dispatch, "speech": speech}[piece["what"]](
        piece, stage
    )


def identities(piece: Mapping[str, Any], stage: Stage) -> dict[str, Any]:
    """Return the largest gap of each identity over random cases."""
    rng = np.random.default_rng(piece["seed"])
    gaps = dict.fromkeys(("ctc loss", "ctc gradient", "search", "normalisation", "row convolution"), 0.0)
    for case in range(piece["cases"]):
        stage("identities", case / piece["cases"])
        frames, symbols = int(rng.integers(1, 7)), int(rng.integers(2, 4))
        logits = torch.tensor(2 * rng.normal(size=(frames, symbols)), requires_grad=True)
        table, ids = logits.log_softmax(1), rng.integers(1, symbols, rng.integers(0, 4))
        ours, brute = ctc_loss(table.detach().numpy(), ids), -sum_over_alignments(table.detach().numpy(), ids)
        if not np.isfinite(brute):
            continue
        gaps["ctc loss"] = max(gaps["ctc loss"], abs(ours - brute))
        lengths = torch.tensor([frames]), torch.tensor([len(ids)])
        nn.functional.ctc_loss(table[:, None], torch.tensor(ids)[None], *lengths, reduction="sum").backward()  # type: ignore[no-untyped-call]
        assert logits.grad is not None  # noqa: S101 (backward has just set it)
        gap = np.abs(ctc_gradient(table.detach().numpy(), ids) - logits.grad.numpy()).max()
        gaps["ctc gradient"] = max(gaps["ctc gradient"], float(gap))
        gaps["search"] = max(gaps["search"], _search_gap(table.detach().numpy()))
    gaps["normalisation"], gaps["row convolution"] = _normalisation_gap(), _row_convolution_gap()
    return gaps


def _search_gap(table: NDArray[np.float64]) -> float:
    alphabet = Alphabet(tuple("ab"[: table.shape[1] - 1]))
    utterance = Posteriors(table.astype(np.float32), alphabet, 0.02)
    total: dict[str, float] = {}
    for path, log_p in alignments(utterance.log_posteriors.astype(np.float64)):
        text = alphabet.text(collapsed(path))
        total[text] = float(np.logaddexp(total.get(text, -np.inf), log_p))
    limits = BeamSettings(width=10**6, beam_log_prob=None, symbol_log_prob=None, n_best=10**6)
    found = {one.text: one.score for one in beam_search([utterance], settings=limits)[0]}
    return max(abs(found[text] - log_p) for text, log_p in total.items()) if found.keys() == total.keys() else np.inf


def _normalisation_gap() -> float:
    values = torch.randn(500, 7, generator=torch.Generator().manual_seed(0)) * 3 + 2
    norm = SequenceBatchNorm(7, epsilon=0.0)
    with torch.no_grad():
        norm.gain.copy_(values.std(0, correction=0))
        norm.offset.copy_(values.mean(0))
        scale, shift = norm.of_frames(values)
        return float((values * scale + shift - values).abs().max())


def _row_convolution_gap() -> float:
    tau, width, frames = 4, 5, 30
    layer, generator = RowConvolution(width, tau), torch.Generator().manual_seed(0)
    with torch.no_grad():
        layer.weights.copy_(
            torch.rand(layer.weights.shape, generator=generator)
        )  # positive, so that nothing is clipped
        rows = torch.rand(1, frames, width, generator=generator)
        heard, kernel = layer(rows)[0], layer.weights[:, 0].T
        padded = torch.cat([rows[0], torch.zeros(tau, width)])
        explicit = torch.stack([(kernel * padded[t : t + tau + 1]).sum(0) for t in range(frames)])
        changed = rows.clone()
        changed[0, 20] += 1
        moved = (layer(changed)[0] - heard).abs().sum(1) > 0
        causal = bool(moved[20 - tau : 21].all()) and not bool(moved[: 20 - tau].any() or moved[21:].any())
        return float((heard - explicit).abs().max()) if causal else float("inf")


def fits(piece: Mapping[str, Any], stage: Stage) -> dict[str, Any]:  # noqa: ARG001
    """Return the slope of the published rows from 1,200 hours on by least squares, a decade, and by the ends alone."""
    result = {}
    for name, rates in WER_BY_HOURS.items():
        slope = float(np.polyfit(np.log(HOURS[1:]), np.log(rates[1:]), 1)[0])
        ends = float(np.log(rates[-1] / rates[1]) / np.log(HOURS[-1] / HOURS[1]))
        result[name] = {"slope": slope, "a_decade": 10**slope - 1, "of_the_ends": ends}
    return result


def dispatch(piece: Mapping[str, Any], stage: Stage) -> dict[str, Any]:
    """Return the latencies of 20 and 30 streams under the service times that the row of 10 streams yields, ms."""
    median_ms, p98_ms = DISPATCH_MS[10]
    service = fit_service_time(median_ms / 1_000, p98_ms / 1_000)
    result: dict[str, Any] = {"fixed_ms": 1_000 * service.fixed_s, "per_request_ms": 1_000 * service.per_request_s}
    for done, streams in enumerate((20, 30)):
        stage("queue", done / 3)
        queue = simulate_queue(streams, service, n_requests=piece["requests"], seed=piece["seed"])
        result[str(streams)] = {"median_ms": 1_000 * queue.quantile_s(0.5), "p98_ms": 1_000 * queue.quantile_s(0.98)}
    alone = simulate_queue(30, service, most_in_batch=1, n_requests=piece["requests"], seed=piece["seed"])
    result["alone_p98_ms"] = 1_000 * alone.quantile_s(0.98)
    return result


def speech(piece: Mapping[str, Any], stage: Stage) -> dict[str, Any]:
    """Return held-out loss and error of a network that was trained on synthetic speech."""
    rng = np.random.default_rng([piece["seed"], 2016])
    voice = rng.normal(size=(13, 13))
    said = [rng.integers(1, 13, rng.integers(3, 41)) for _ in range(piece["utterances"] + piece["held_out"])]
    heard = [_uttered(ids, voice, rng, late=piece["late"]) for ids in said]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(piece["seed"])
        network = _trained(piece, heard[: piece["utterances"]], said[: piece["utterances"]], stage)
    return _held_out(network, heard[piece["utterances"] :], said[piece["utterances"] :])


def _uttered(
    ids: NDArray[np.int64], voice: NDArray[np.float64], rng: np.random.Generator, *, late: bool
) -> NDArray[np.float32]:
    """Return frames of an utterance: 2 to 6 a symbol.

    Late cues: symbols 1 and 2, 3 and 4 … sound alike, and which of the two it was is told five frames after it began.
    """
    symbols = np.repeat(ids, rng.integers(2, 7, len(ids)))
    if not late:
        return (voice[symbols] + rng.normal(size=(len(symbols), 13))).astype(np.float32)
    frames = voice[(symbols + 1) // 2 * 2] + rng.normal(size=(len(symbols), 13))
    frames[:, 12] = 0.3 * rng.normal(size=len(symbols))
    frames[5:, 12] += np.where(symbols[:-5] % 2, 1.0, -1.0)
    return np.concatenate([frames, 0.3 * rng.normal(size=(6, 13))]).astype(np.float32)


def _trained(
    piece: Mapping[str, Any], heard: list[NDArray[np.float32]], said: list[NDArray[np.int64]], stage: Stage
) -> DeepSpeech:
    shape = {"layers": piece["layers"], "width": piece["width"], "lookahead": piece["lookahead"]}
    network = DeepSpeech(13, 13, ModelSettings((), "gru", both_ways=False, dropout=0.0, **shape))
    optimizer: torch.optim.Optimizer = (
        torch.optim.Adam(network.parameters(), lr=piece["rate"])
        if piece["optimizer"] == "adam"
        else torch.optim.SGD(network.parameters(), lr=piece["rate"], momentum=0.99, nesterov=True)
    )
    lengths = [len(frames) for frames in heard]
    for epoch in range(piece["epochs"]):
        stage("synthetic speech", epoch / piece["epochs"])
        order = {"epoch": epoch, "seed": piece["seed"], "sorta_grad": piece["sorta_grad"]}
        for rows in epoch_batches(lengths, size=8, most_frames=10**9, **order):
            network.train()
            for part in network.modules():
                if isinstance(part, SequenceBatchNorm) and not piece["normalised"]:
                    part.eval()  # with the mean 0 and spread 1 that it begins with: gain and offset alone are left
            loss = _losses(network, [heard[i] for i in rows], [said[i] for i in rows]).mean()
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), 400.0)
            optimizer.step()
    return network.eval()


def _losses(network: DeepSpeech, heard: list[NDArray[np.float32]], said: list[NDArray[np.int64]]) -> torch.Tensor:
    out, lengths = network(*_padded(heard))
    ids = torch.from_numpy(np.concatenate(said))
    return nn.functional.ctc_loss(
        out.transpose(0, 1),
        ids,
        lengths,
        torch.tensor([len(one) for one in said]),
        reduction="none",
        zero_infinity=True,
    )


def _padded(heard: list[NDArray[np.float32]]) -> tuple[torch.Tensor, torch.Tensor]:
    frames = nn.utils.rnn.pad_sequence([torch.from_numpy(one) for one in heard], batch_first=True)
    return frames, torch.tensor([len(one) for one in heard])


def _held_out(network: DeepSpeech, heard: list[NDArray[np.float32]], said: list[NDArray[np.int64]]) -> dict[str, Any]:
    alphabet = Alphabet(tuple("abcdefghijkl"))
    with torch.no_grad():
        losses = _losses(network, heard, said)
        out, lengths = network(*_padded(heard))
    tables = [Posteriors(row[:n].numpy(), alphabet, 0.01) for row, n in zip(out, lengths.tolist(), strict=True)]
    texts = [" ".join(one.text) for one in greedy(tables)]
    errors = word_errors(Utterances.of([" ".join(alphabet.text(ids)) for ids in said], texts)).rates["wer"]
    return {"loss_a_symbol": float(losses.sum()) / sum(map(len, said)), "cer": errors.mean}


def measure(results: Results) -> dict[str, Finding]:
    """Return what the pieces that are done say of each claim."""
    findings = {
        name: _gap(results, name, 1e-6 if name in ("ctc loss", "search") else 1e-5)
        for name in ("ctc loss", "ctc gradient", "search", "normalisation", "row convolution")
    }
    findings |= {"hours": _slope(results, "regular"), "hours, noisy": _slope(results, "noisy")}
    findings["published"] = Finding(1, int("published" in results), note="printed as published; not measured here")
    findings["sortagrad"] = _difference(results, "sorted", "unsorted", "loss_a_symbol", 1.0, most=0.0)
    findings["normalised"] = _difference(results, "normalised", "not-normalised", "cer", 100.0, most=0.0)
    findings["lookahead"] = _difference(results, "look-ahead", "no-look-ahead", "cer", 100.0, most=-1.0)
    findings["scaling"] = _scaling(results)
    return findings | _dispatched(results)


def _gap(results: Results, name: str, most: float) -> Finding:
    if "identities" not in results:
        return Finding(1)
    gap = float(results["identities"][name])
    return Finding(1, 1, gap, holds=gap <= most)


def _slope(results: Results, name: str) -> Finding:
    if "published" not in results:
        return Finding(1)
    fit = results["published"][name]
    ends = fit["of_the_ends"]
    note = f"{100 * fit['a_decade']:.1f} % a decade, four rows; by the ends {ends:.4f}, {100 * (10**ends - 1):.1f} %"
    return Finding(1, 1, fit["slope"], holds=-0.45 < fit["a_decade"] < -0.35, note=note)


def _difference(results: Results, a: str, b: str, what: str, times: float, *, most: float) -> Finding:
    """Return a - b over the seeds that both have, with Student's interval; it holds where it is at most `most`."""
    values = [
        times * (results[f"speech/{a}/{seed}"][what] - results[f"speech/{b}/{seed}"][what])
        for seed in range(SEEDS)
        if f"speech/{a}/{seed}" in results and f"speech/{b}/{seed}" in results
    ]
    if len(values) < 2:
        return Finding(2 * SEEDS, 2 * len(values))
    mean = mean_estimate(values)
    note = f"lower with each of {sum(value < 0 for value in values)} of {len(values)} seeds"
    return Finding(2 * SEEDS, 2 * len(values), mean.mean, mean.low, mean.high, mean.mean <= most, note)


def _scaling(results: Results) -> Finding:
    """Return the mean slope over seeds of ln CER by ln utterances, with Student's interval."""
    sizes, slopes = SIZES, []
    for seed in range(SEEDS):
        names = [f"speech/utterances-{n}/{seed}" for n in sizes]
        if all(name in results for name in names):
            rates = [max(results[name]["cer"], 1e-4) for name in names]
            slopes.append(float(np.polyfit(np.log(sizes), np.log(rates), 1)[0]))
    needed, done = len(sizes) * SEEDS, len(sizes) * len(slopes)
    if len(slopes) < 2:
        return Finding(needed, done)
    mean = mean_estimate(slopes)
    return Finding(
        needed, done, mean.mean, mean.low, mean.high, mean.high < 0, "the same number of steps for each size"
    )


def _dispatched(results: Results) -> dict[str, Finding]:
    if "dispatch" not in results:
        return dict.fromkeys(("dispatch 20", "dispatch 30", "dispatch alone"), Finding(1))
    found, findings = results["dispatch"], {}
    for streams in (20, 30):
        median, p98 = found[str(streams)]["median_ms"], found[str(streams)]["p98_ms"]
        published, published_p98 = DISPATCH_MS[streams]
        note = f"98th percentile {p98:.0f} ms, published {published_p98}; the interval of a stream was not published"
        findings[f"dispatch {streams}"] = Finding(1, 1, median, holds=abs(median / published - 1) <= 0.25, note=note)
    ratio = found["alone_p98_ms"] / found["30"]["p98_ms"]
    note = "one at a time, 30 streams ask for more than there is: the queue only grows"
    findings["dispatch alone"] = Finding(1, 1, ratio, holds=ratio > 2, note=note)
    return findings
