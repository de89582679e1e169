"""How long requests wait for a server that takes all that is there as one batch."""

import numpy as np
import pytest

from tacit.errors import BadValue, NotIdentified
from tacit_speech.serving import ServiceTime, fit_service_time, simulate_queue
from tacit_speech.serving.queueing import serve

PUBLISHED_MS = {10: (44, 70), 20: (48, 86), 30: (67, 114)}  # streams → median, 98th percentile


def test_three_requests_by_hand():
    # The first is answered alone, from 0 to 1 + 1 = 2. The others came meanwhile, and are answered from 2 to 2 + 3 = 5.
    queue = serve(np.array([0.0, 0.5, 1.5]), ServiceTime(1.0, 1.0))
    assert queue.latency_s.tolist() == [2.0, 4.5, 3.5]
    assert queue.batch.tolist() == [1, 2]
    assert queue.share_batched == pytest.approx(2 / 3)
    assert queue.busy == 1.0


def test_no_batch_is_larger_than_allowed():
    # All come at once: two at a time are done at 3, 6 and, the last one alone, at 6 + 2 = 8.
    queue = serve(np.zeros(5), ServiceTime(1.0, 1.0), most_in_batch=2)
    assert queue.batch.tolist() == [2, 2, 1]
    assert queue.latency_s.tolist() == [3.0, 3.0, 6.0, 6.0, 8.0]


def test_without_batches_the_wait_is_that_of_pollaczek_and_khinchin():
    # M/D/1 at load ρ = 0.6: mean wait ρ s / (2 (1 − ρ)) = 0.75 s, so the mean latency is 1.75 s.
    queue = simulate_queue(6, ServiceTime(1.0, 1e-12), interval_s=10.0, most_in_batch=1, n_requests=200_000, seed=1)
    assert queue.latency_s.mean() == pytest.approx(1.75, rel=0.03)
    assert queue.busy == pytest.approx(0.6, rel=0.02)


def test_the_published_row_of_ten_streams_predicts_those_of_twenty_and_thirty():
    service = fit_service_time(*(ms / 1e3 for ms in PUBLISHED_MS[10]))
    queues = {n: simulate_queue(n, service) for n in PUBLISHED_MS}
    for n, (median_ms, _) in PUBLISHED_MS.items():
        assert 1e3 * queues[n].quantile_s(0.5) == pytest.approx(median_ms, rel=0.25)
    late = [queue.quantile_s(0.98) for queue in queues.values()]
    assert late == sorted(late)
    one_by_one = simulate_queue(30, service, most_in_batch=1)
    assert one_by_one.quantile_s(0.98) > 2 * late[-1]


def test_a_planted_service_time_is_found_again():
    planted = ServiceTime(0.02, 0.004)
    seen = simulate_queue(12, planted, seed=5)
    found = fit_service_time(seen.quantile_s(0.5), seen.quantile_s(0.98), n_streams=12, n_requests=8_000, seed=6)
    assert found.fixed_s == pytest.approx(0.02, rel=0.15)
    assert found.of(2) == pytest.approx(planted.of(2), rel=0.1)


def test_more_streams_share_larger_batches():
    shares = [simulate_queue(n, ServiceTime(0.03, 0.002)).share_batched for n in (5, 20, 40)]
    assert shares == sorted(shares)


@pytest.mark.parametrize("wrong", [{"interval_s": 0.0}, {"most_in_batch": 0}, {"n_requests": -1}])
def test_a_number_that_is_not_above_zero_is_refused(wrong):
    with pytest.raises(BadValue, match=next(iter(wrong))):
        simulate_queue(3, ServiceTime(0.01, 0.01), **wrong)


def test_latencies_that_no_service_time_gives_are_refused():
    with pytest.raises(BadValue, match="rising"):
        fit_service_time(0.07, 0.04)
    with pytest.raises(NotIdentified, match="Try another interval"):
        fit_service_time(0.044, 0.070, interval_s=5.0, n_requests=1_000)
