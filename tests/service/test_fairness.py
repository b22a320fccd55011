"""Who waits for whom: clients share the model equally, short requests do not wait for long ones."""

import asyncio

import pytest
from helpers.served import run
from hypothesis import given
from hypothesis import strategies as st

from emograin.service.dynamic_batching import BatchingQueue, Job
from emograin.service.fair_queue import FairQueue, Turns
from emograin.service.options import Options
from emograin.service.text_cost import EXPLAINING, estimate_cost


def queue_of(cost=lambda text, options: len(text) * (EXPLAINING if options.explain else 1), **limits):
    return BatchingQueue(None, limits.pop("batch_texts", 32), 4096, batch_tokens=384, cost=cost)


def batches(queue, count):
    """Return the first characters of the texts in the next batches."""
    return ["".join(text[0] for text in queue._take()[1]) for _ in range(count)]


@run
async def test_a_short_request_comes_next_and_alone():
    queue = queue_of()
    for name in "ABCDEFGH":
        queue.submit([name * 50] * 50)
    before = batches(queue, 3)
    queue.submit(["short"])
    assert [len(batch) for batch in before] == [2, 2, 2]
    found = batches(queue, 4)
    assert "s" in found
    assert all(len(batch) == 2 for batch in found if batch != "s")


@run
async def test_short_requests_share_a_batch():
    queue = queue_of()
    for _ in range(40):
        queue.submit(["short"])
    assert batches(queue, 2) == ["s" * 32, "s" * 8]


@run
async def test_clients_share_equally_however_many_requests_they_send():
    queue = queue_of()
    for _ in range(20):
        queue.submit(["A" * 50] * 50, client="many")
    queue.submit(["B" * 50] * 50, client="one")
    texts = "".join(batches(queue, 40))
    assert abs(texts.count("A") - texts.count("B")) <= 2


@run
async def test_explanations_are_weighed_by_their_cost():
    queue = queue_of()
    queue.submit(["A" * 50] * 50, Options(explain=True), client=1)
    queue.submit(["B" * 50] * 200, client=2)
    found = batches(queue, 60)
    assert all(len(batch) == 1 for batch in found if "A" in batch)  # 200 tokens, alone
    texts = "".join(found)
    assert texts.count("B") / texts.count("A") == pytest.approx(EXPLAINING, rel=0.2)


@run
async def test_a_stream_of_short_requests_does_not_block_a_long_one():
    queue = queue_of()
    queue.submit(["A" * 50] * 5)
    taken = []
    for _ in range(300):
        queue.submit(["short"])
        taken += batches(queue, 1)
    assert "".join(taken).count("A") == 5


@run
async def test_a_cancelled_request_is_skipped():
    queue = queue_of()
    gone = [queue.submit([name * 5] * 9, client=name) for name in "abc"]
    queue.submit(["d"], client="c")
    for job in gone:
        queue.cancel(job)
    assert queue.waiting == 1
    assert batches(queue, 1) == ["d"]
    assert queue._queue.peek() is None


@given(st.lists(st.tuples(st.integers(0, 3), st.lists(st.integers(1, 60), min_size=1, max_size=8)), max_size=20))
def test_every_text_is_taken_once_and_in_order(requests):
    async def everything():
        queue: FairQueue[Job] = FairQueue()
        jobs = [Job(["x"] * len(costs), Options(), costs, client) for client, costs in requests]
        for job in jobs:
            queue.add(job)
        taken = 0
        while queue.peek() is not None:
            queue.take()
            taken += 1
        assert taken == sum(len(costs) for _, costs in requests)
        assert all(job.waiting == 0 for job in jobs)

    asyncio.run(everything())


def test_members_get_equal_costs():
    turns: Turns[str] = Turns()
    costs = {"cheap": 1.0, "dear": 7.0}
    got = dict.fromkeys(costs, 0.0)
    for name, cost in costs.items():
        turns.add(name, cost)
    for _ in range(800):
        name = turns.first
        got[name] += costs[name]
        turns.serve(costs[name], costs[name])
    assert abs(got["cheap"] - got["dear"]) <= 7


def test_a_text_that_is_cut_costs_little_more_than_one_at_the_limit():
    options = Options(windows=False)
    short, full, cut = (estimate_cost("a" * length, options, 50) for length in (20, 200, 5000))
    assert short < full < cut < 1.5 * full
    assert estimate_cost("a" * 200, Options(explain=True), 50) == pytest.approx(EXPLAINING * full, rel=0.05)


def test_a_text_that_is_read_whole_costs_by_its_length_and_its_sentences():
    text = "I am so glad. " * 100
    once, twice = (estimate_cost(text * times, Options(), 50) for times in (1, 2))
    assert twice == pytest.approx(2 * once, rel=0.01)
    assert once > 7 * estimate_cost(text, Options(windows=False), 50)
    assert estimate_cost("a\n" * 700, Options(), 50) > 2 * estimate_cost("aa" * 700, Options(), 50)
    assert estimate_cost(text, Options(segments=True), 50) == once  # they are read anyway
    assert estimate_cost("so glad", Options(segments=True), 50) > 1.5 * estimate_cost("so glad", Options(), 50)
