"""Concurrent requests share batches, fairly, in a bounded queue."""

import asyncio

import pytest
from helpers.served import Recorder, ask, run, running, scores_of, until
from hypothesis import given, settings
from hypothesis import strategies as st

from emograin.service.dynamic_batching import BatchingQueue
from emograin.service.errors import ServiceError
from emograin.service.refusals import MOST_SECONDS, Refusals
from emograin.service.served_model import Scored


@run
async def test_requests_in_flight_are_computed_together():
    predictor = Recorder()
    async with running(predictor) as (client, app):
        predictor.may_go_on.clear()
        answers = [asyncio.create_task(ask(client, "the first"))]
        await until(lambda: len(predictor.calls) == 1)
        answers += [asyncio.create_task(ask(client, f"text {at}")) for at in range(29)]
        await until(lambda: app.state.queue.waiting == 29)
        predictor.may_go_on.set()
        assert [answer.status_code for answer in await asyncio.gather(*answers)] == [200] * 30
    assert [len(call) for call in predictor.calls] == [1, 29]
    assert len(predictor.threads) == 1


@run
async def test_every_text_gets_its_own_scores():
    predictor = Recorder()
    async with running(predictor, batch_texts=5) as (client, _):
        requests = [[chr(97 + at) * (1 + (at * each) % 17) for each in range(1 + at)] for at in range(12)]
        answers = await asyncio.gather(*(ask(client, *texts, all_scores=True) for texts in requests))
    assert max(len(call) for call in predictor.calls) == 5
    for texts, answer in zip(requests, answers, strict=True):
        found = [list(each["scores"].values()) for each in answer.json()["predictions"]]
        assert found == [pytest.approx(scores_of(text), abs=1e-6) for text in texts]


@run
async def test_a_long_request_delays_a_short_one_by_its_share_only():
    predictor = Recorder()
    async with running(predictor, batch_texts=8) as (client, app):
        predictor.may_go_on.clear()
        long = asyncio.create_task(ask(client, *(f"long {at}" for at in range(1000))))
        await until(lambda: len(predictor.calls) == 1)
        short = asyncio.create_task(ask(client, "short one", "short two"))
        await until(lambda: app.state.queue.waiting == 994)
        predictor.may_go_on.set()
        assert (await short).status_code == 200
        waited = len(predictor.calls)
        assert not long.done()
        assert (await long).status_code == 200
    assert predictor.calls[1].count("short one") == predictor.calls[1].count("short two") == 1
    assert waited < 20  # of 126 batches
    in_order = [text for call in predictor.calls for text in call if text.startswith("long")]
    assert in_order == [f"long {at}" for at in range(1000)]


@run
async def test_a_full_queue_answers_429_and_recovers():
    predictor = Recorder()
    async with running(predictor, queue_texts=10, request_texts=10, batch_texts=2) as (client, app):
        predictor.may_go_on.clear()
        first = asyncio.create_task(ask(client, *"ab"))
        await until(lambda: len(predictor.calls) == 1)
        accepted = [asyncio.create_task(ask(client, "a", "b", "c", "d", "e")) for _ in range(2)]
        await until(lambda: app.state.queue.waiting == 10)
        refused = await asyncio.gather(*(ask(client, "one more") for _ in range(50)))
        assert app.state.queue.waiting == 10
        predictor.may_go_on.set()
        answers = await asyncio.gather(first, *accepted)
        assert [answer.status_code for answer in answers] == [200] * 3
        assert (await ask(client, "one more")).status_code == 200
    assert {answer.status_code for answer in refused} == {429}
    assert {answer.json()["error"]["code"] for answer in refused} == {"queue_full"}
    assert "at most 10" in refused[0].json()["error"]["message"]
    assert 1 <= int(refused[0].headers["retry-after"]) <= 60
    assert not any("one more" in call for call in predictor.calls[:-1])


@run
async def test_a_client_that_does_not_wait_is_waited_for(monkeypatch):
    """A request that was refused, sent again at once, is held back before its body is read; other ones are not."""
    waited = []
    predictor = Recorder()
    async with running(predictor, queue_texts=10, request_texts=10, batch_texts=2) as (client, app):
        monkeypatch.setattr("emograin.service.refusals.monotonic", lambda: 100.0)
        predictor.may_go_on.clear()
        first = asyncio.create_task(ask(client, "a", "b"))
        await until(lambda: len(predictor.calls) == 1)
        second = asyncio.create_task(ask(client, *"cdefghij"))
        await until(lambda: app.state.queue.waiting == 8)
        refused = await ask(client, *["x" * 100] * 4)
        assert refused.status_code == 429
        sleep = asyncio.sleep

        async def held_back(seconds):
            if seconds > 0.5:
                waited.append(seconds)
                predictor.may_go_on.set()
                await first
                await second
            await sleep(0)

        monkeypatch.setattr("emograin.service.middleware.asyncio.sleep", held_back)
        short = asyncio.create_task(ask(client, "of another size"))
        await until(lambda: app.state.queue.waiting == 9)
        assert waited == []
        again = await ask(client, *["x" * 100] * 4)
        assert [each.status_code for each in await asyncio.gather(short, first, second)] == [200] * 3
    assert again.status_code == 200
    assert waited == [float(refused.headers["retry-after"])]


def test_a_refused_client_waits_for_a_limited_time(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("emograin.service.refusals.monotonic", lambda: now[0])
    refusals = Refusals()
    refusals.add("one", 1000, 60)
    refusals.add("two", 1000, 1)
    assert [refusals.seconds_left(client, 1000) for client in ("one", "two", "three")] == [MOST_SECONDS, 1, 0]
    assert refusals.seconds_left("one", 100) == 0
    now[0] = 59.0
    assert [refusals.seconds_left(client, 1000) for client in ("one", "two", "three")] == [1, 0, 0]


@run
async def test_the_texts_of_a_disconnected_client_are_not_computed():
    predictor = Recorder()
    async with running(predictor, batch_texts=4) as (_, app):
        predictor.may_go_on.clear()
        messages = [{"type": "http.request", "body": b'{"texts": ["a"' + b', "gone"' * 99 + b"]}"}]
        left = asyncio.Event()
        sent = []

        async def receive():
            if messages:
                return messages.pop()
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)

        headers = [(b"content-type", b"application/json"), (b"host", b"localhost")]
        scope = {"type": "http", "method": "POST", "path": "/v1/predict", "headers": headers, "query_string": b""}
        answered = asyncio.create_task(app(scope, receive, send))
        await until(lambda: len(predictor.calls) == 1)
        left.set()
        await until(lambda: app.state.queue.waiting == 0)
        predictor.may_go_on.set()
        await answered
        await until(lambda: app.state.queue.idle)
    assert predictor.calls == [["a", "gone", "gone", "gone"]]


@run
async def test_one_request_that_breaks_the_model_breaks_no_other():
    predictor = Recorder()
    async with running(predictor, batch_texts=8) as (client, app):
        predictor.may_go_on.clear()
        answers = [asyncio.create_task(ask(client, "the first"))]
        await until(lambda: len(predictor.calls) == 1)
        texts = [["a", "b"], ["break", *"uvwxyz" * 10], ["c"]]
        answers += [asyncio.create_task(ask(client, *each, all_scores=True)) for each in texts]
        await until(lambda: app.state.queue.waiting == 64)
        predictor.may_go_on.set()
        done = await asyncio.gather(*answers)
        assert [answer.status_code for answer in done] == [200, 200, 500, 200]
        found = [list(each["scores"].values()) for each in done[1].json()["predictions"]]
        assert found == [pytest.approx(scores_of(text), abs=1e-6) for text in "ab"]
        await until(lambda: app.state.queue.idle)
        assert app.state.queue.waiting == 0
    assert sum(len(call) for call in predictor.calls) < 40  # the rest of the broken request is not tried


@run
async def test_shutdown_finishes_accepted_requests():
    predictor = Recorder(seconds=0.01)
    async with running(predictor, batch_texts=4) as (client, app):
        predictor.may_go_on.clear()
        accepted = [asyncio.create_task(ask(client, *"abcdefg")) for _ in range(5)]
        await until(lambda: len(app.state.queue._unanswered) == 5)
        app.state.queue.refuse()
        refused = await ask(client, "late")
        predictor.may_go_on.set()
        done = await asyncio.gather(*accepted)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "shutting_down")
    assert [answer.status_code for answer in done] == [200] * 5
    assert [len(answer.json()["predictions"]) for answer in done] == [7] * 5


@run
async def test_requests_that_cannot_be_finished_in_time_fail():
    predictor = Recorder()
    async with running(predictor, drain_seconds=1) as (client, _):
        predictor.may_go_on.clear()
        stuck = asyncio.create_task(ask(client, "a"))
        await until(lambda: len(predictor.calls) == 1)
    answer = await stuck
    predictor.may_go_on.set()
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "shutting_down")


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 3)), min_size=1, max_size=12), st.integers(1, 9))
def test_every_request_is_answered_once_or_rejected(requests, batch_texts):
    """Requests of any size at any time, some cancelled: batches and queue stay in bounds, results in order."""
    most, batches = 40, []

    def score(texts, _):
        batches.append(list(texts))
        assert queue.waiting <= most
        return [Scored(text, False) for text in texts]

    async def one(at, size, wait):
        for _ in range(wait):
            await asyncio.sleep(0)
        texts = [f"{at} {each}" for each in range(size)]
        before = queue.waiting
        if before + size > most:
            with pytest.raises(ServiceError, match="at most 40"):
                queue.submit(texts)
            return
        job = queue.submit(texts)
        if wait == 3:
            await asyncio.sleep(0)
            queue.cancel(job)
            return
        assert [each.scores for each in await job.answer] == texts

    async def everything():
        work = asyncio.create_task(queue.run_worker(lambda: None))
        await asyncio.gather(*(one(at, *request) for at, request in enumerate(requests)))
        await queue.close(10, work)
        assert work.done()
        assert queue.waiting == 0
        assert queue.idle

    queue = BatchingQueue(score, batch_texts, most)
    asyncio.run(everything())
    assert all(1 <= len(batch) <= batch_texts for batch in batches)
    computed = [text for batch in batches for text in batch]
    assert len(set(computed)) == len(computed)
