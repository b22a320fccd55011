"""Responses of the service: predictions, thresholds, and errors with their messages."""

import asyncio
import json
import logging
from functools import partial

import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from helpers.served import LABELS, THRESHOLDS, Explainer, Recorder, ask, run, running, scores_of, served, until

import emograin
from emograin.common.errors import EmograinError
from emograin.evaluation.mapping.label_mapping import LabelMapping
from emograin.service.app import CHARACTERS_PER_BLOCK, create_app
from emograin.service.logs import JsonLines
from emograin.service.served_model import open_model
from emograin.service.settings import Settings

SECRET = "my very private diary"


def labels_by_hand(text: str, policy: str) -> list[dict[str, object]]:
    rows = zip(scores_of(text), LABELS, THRESHOLDS[policy], strict=True)
    found = [(score, label, threshold) for score, label, threshold in rows if score >= threshold]
    found.sort(key=lambda row: -row[0])
    return [{"label": label, "score": score, "threshold": threshold} for score, label, threshold in found]


@run
@pytest.mark.parametrize("policy", [None, *THRESHOLDS])
async def test_labels_are_those_above_the_thresholds_of_the_policy(policy):
    texts = ["a", "some text", "hello", "k" * 60]
    async with running(Recorder()) as (client, _):
        answer = (await ask(client, *texts, **({"thresholds": policy} if policy else {}))).json()
    assert answer["model"] == "tiny"
    assert answer["thresholds"] == (policy or "per-label")
    for text, each in zip(texts, answer["predictions"], strict=True):
        expected = labels_by_hand(text, policy or "per-label")
        assert each == {"labels": expected, "truncated": False, "words": None, "segments": None}


@run
async def test_segments_and_the_beginning_only():
    async with running(Recorder()) as (client, _):
        plain, cut = [(await ask(client, "k" * 60, windows=each)).json()["predictions"][0] for each in (True, False)]
        assert (plain["truncated"], cut["truncated"]) == (False, True)
        found = (await ask(client, "hello", segments=True, thresholds="global")).json()["predictions"][0]["segments"]
        assert [(each["start"], each["end"]) for each in found] == [(0, 2), (2, 5)]
        assert [each["labels"] for each in found] == [labels_by_hand(part, "global") for part in ("he", "llo")]
        assert "scores" not in found[0]
        found = (await ask(client, "hello", segments=True, all_scores=True)).json()["predictions"][0]["segments"]
        assert found[1]["scores"] == dict(zip(LABELS, scores_of("llo"), strict=True))


@run
async def test_texts_of_one_batch_may_differ_in_their_options():
    predictor = Explainer()
    async with running(predictor) as (client, app):
        predictor.may_go_on.clear()
        first = asyncio.create_task(ask(client, "first"))
        await until(lambda: predictor.calls)
        asked = [("a", {}), ("b", {"segments": True}), ("c", {"explain": True}), ("d", {})]
        others = [asyncio.create_task(ask(client, text, **more)) for text, more in asked]
        await until(lambda: app.state.queue.waiting == 4)
        predictor.may_go_on.set()
        found = [(await each).json()["predictions"][0] for each in (first, *others)]
    assert [each["labels"] for each in found[1:]] == [labels_by_hand(text, "per-label") for text in "abcd"]
    assert [each["segments"] is not None for each in found] == [False, False, True, False, False]
    assert [each["words"] is not None for each in found] == [False, False, False, True, False]
    assert sorted(predictor.calls[1:], key=len) == [["b"], ["c"], ["a", "d"]]


@run
async def test_one_text_and_all_scores():
    async with running(Recorder()) as (client, _):
        answer = (await client.post("/v1/predict", json={"text": "hello", "all_scores": True})).json()
    assert len(answer["predictions"]) == 1
    assert answer["predictions"][0]["scores"] == dict(zip(LABELS, scores_of("hello"), strict=True))


@run
async def test_at_least_one_adds_the_highest_label_where_none_reaches_its_threshold():
    texts = ["a", "some text", "hello", "k" * 60]
    async with running(Recorder()) as (client, _):
        answers = [(await ask(client, *texts, thresholds="fixed", at_least_one=each)).json() for each in (False, True)]
    for text, free, forced in zip(texts, *(answer["predictions"] for answer in answers), strict=True):
        assert free["labels"] == labels_by_hand(text, "fixed")
        score, label = max(zip(scores_of(text), LABELS, strict=True), key=lambda pair: pair[0])
        threshold = dict(zip(LABELS, THRESHOLDS["fixed"], strict=True))[label]
        assert forced["labels"] == (free["labels"] or [{"label": label, "score": score, "threshold": threshold}])


@run
async def test_explanations_if_the_model_supports_them():
    async with running(Recorder()) as (client, _):
        refused = await ask(client, "hello", explain=True)
    assert refused.status_code == 422
    assert refused.json()["error"] == {"code": "no_explanations", "message": "this model does not support explain"}
    async with running(Explainer()) as (client, _):
        assert (await client.get("/v1/model")).json()["explanations"] is True
        one, two = (await ask(client, "hello", "abc", explain=True)).json()["predictions"]
        assert list(one["words"]) == [each["label"] for each in one["labels"]] != []
        assert all(words == [{"start": 0, "end": 1, "weight": 0.5}] for words in one["words"].values())
        assert all(words[0]["weight"] == 0.3 for words in two["words"].values())
        assert (await ask(client, "hello")).json()["predictions"][0]["words"] is None


@run
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "either text or texts"),
        ({"text": "a", "texts": ["b"]}, "either text or texts"),
        ({"texts": []}, "texts: expected at least one text"),
        ({"texts": ["fine", " \n"]}, "texts[1]: the text is empty"),
        ({"text": ""}, "text: the text is empty"),
        ({"texts": ["a"] * 6}, "a request has at most 5 texts"),
        ({"texts": ["a", "b" * 21]}, "texts[1]: a text has at most 20 characters"),
        ({"texts": [SECRET + "!" * 20] * 5}, "; and 2 more"),
        ({"text": "a", "thresholds": SECRET}, "'global' or 'per-label'"),
        ({"text": "a", SECRET: 1}, "unknown field (known: texts, text, thresholds"),
        ({"text": "a", "all_scores": SECRET}, "all_scores: Input should be a valid boolean"),
        ({"text": {SECRET: SECRET}}, "text: Input should be a valid string"),
        ({"texts": ["a", "unreadable"]}, "texts[1]: it cannot be read"),
        (SECRET, "Input should be an object"),
    ],
)
async def test_errors_name_the_mistake_without_repeating_the_request(body, said):
    async with running(Recorder(), request_texts=5, text_characters=20) as (client, _):
        answer = await client.post("/v1/predict", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid_request"
    assert said in answer.json()["error"]["message"]
    assert SECRET not in answer.text


@run
@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"text": "\\ud800"}', b"\xff", b"[" * 100_000, b'{"text": 1' + b"0" * 9999 + b"}"]
)
async def test_invalid_json_is_rejected(body):
    async with running(Recorder()) as (client, _):
        answer = await client.post("/v1/predict", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid_request"


@run
async def test_other_errors_have_the_same_shape():
    async with running(Recorder()) as (client, _):
        form = await client.post("/v1/predict", content=b'{"text": "a"}', headers={"Content-Type": "text/plain"})
        lost, method = await client.get(f"/{SECRET}"), await client.get("/v1/predict")
        broken, fine = await asyncio.gather(ask(client, "break"), ask(client, "whole"))
    codes = [(answer.status_code, answer.json()["error"]["code"]) for answer in (form, lost, method, broken)]
    assert codes == [(415, "not_json"), (404, "not_found"), (405, "method_not_allowed"), (500, "internal")]
    assert method.headers["allow"] == "POST"
    assert "broken by a text" not in broken.text
    assert fine.status_code == 200


@run
async def test_the_model_is_described():
    card = {"name": "tiny", "licence": "CC0"}
    app = create_app(served(Recorder(), card=card), Settings(request_texts=7))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        told = (await client.get("/v1/model")).json()
    assert (told["name"], told["method"], told["labels"], told["card"]) == ("tiny", "baseline", list(LABELS), card)
    assert told["thresholds"]["per-label"] == dict(zip(LABELS, THRESHOLDS["per-label"], strict=True))
    assert (told["max_document_tokens"], told["explanations"], told["limits"]["texts"]) == (50, False, 7)


@run
async def test_it_is_ready_between_warming_up_and_stopping():
    predictor = Recorder()
    predictor.may_go_on.clear()
    app = create_app(served(predictor), Settings())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        async with app.router.lifespan_context(app):
            early = await client.get("/readyz")
            assert (early.status_code, early.json()["error"]["code"]) == (503, "warming_up")
            waits = asyncio.create_task(ask(client, "hello"))
            predictor.may_go_on.set()
            assert (await waits).status_code == 200
            assert (await client.get("/readyz")).json() == {"status": "ready"}
        late = await client.get("/readyz")
        assert (late.status_code, late.json()["error"]["code"]) == (503, "shutting_down")
        assert (await ask(client, "hello")).status_code == 503
        assert (await client.get("/healthz")).status_code == 200


@run
@pytest.mark.parametrize("first", ["/emotions/readyz", "/emotions/v1/predict"])
async def test_an_app_that_is_mounted_in_another_one_answers(first):
    """Starlette runs the lifespan of the outer app only."""
    outer = FastAPI()
    outer.mount("/emotions", create_app(served(Recorder()), Settings()))
    body = {"texts": ["hello"]}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(outer), base_url="http://localhost") as client:
        async with asyncio.timeout(20):
            while first.endswith("readyz") and (await client.get(first)).status_code != 200:
                await asyncio.sleep(0.01)
        answer = await client.post("/emotions/v1/predict", json=body)
        assert answer.json()["predictions"][0]["labels"] == labels_by_hand("hello", "per-label")
        assert (await client.get("/emotions/readyz")).status_code == 200


@run
async def test_metrics_for_prometheus():
    async with running(Recorder()) as (client, _):
        await ask(client, "a", "b", "c")
        await client.get(f"/{SECRET}")
        text = (await client.get("/metrics")).text
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(lines['emograin_requests_total{path="/v1/predict",status="200"}']) == 1
    assert float(lines['emograin_requests_total{path="-",status="404"}']) == 1
    assert float(lines["emograin_texts_total"]) == 3
    assert float(lines["emograin_batch_texts_sum"]) == 3
    assert float(lines["emograin_queue_texts"]) == 0
    assert float(lines['emograin_request_seconds_count{path="/v1/predict"}']) == 1
    assert SECRET not in text


@run
async def test_logs_are_json_without_the_texts(caplog):
    caplog.set_level(logging.INFO, "emograin.service")
    async with running(Recorder()) as (client, _):
        await client.post("/v1/predict", json={"texts": [SECRET, "b"]}, headers={"X-Request-Id": "abc-1"})
        await client.post("/v1/predict", json={"text": SECRET, "thresholds": SECRET}, headers={"X-Request-Id": SECRET})
        await ask(client, "break", SECRET)
        await client.get(f"/{SECRET}?text={SECRET}")
    lines = [JsonLines().format(record) for record in caplog.records]
    rows = [json.loads(line) for line in lines if json.loads(line)["event"] == "request"]
    assert [(row["method"], row["path"], row["status"], row["texts"]) for row in rows] == [
        ("POST", "/v1/predict", 200, 2),
        ("POST", "/v1/predict", 422, 0),
        ("POST", "/v1/predict", 500, 2),
        ("GET", "-", 404, 0),
    ]
    assert rows[0]["request_id"] == "abc-1"
    assert all(row["milliseconds"] >= 0 for row in rows)
    failed = [json.loads(line) for line in lines if json.loads(line)["level"] == "error"]
    assert {row["error"] for row in failed} == {"RuntimeError"}
    assert any("served.py" in frame for row in failed for frame in row["traceback"])
    assert SECRET not in "".join(lines)
    assert "broken by a text" not in "".join(lines)


def test_two_apps_share_nothing():
    first, second = (create_app(served(Recorder()), Settings()) for _ in range(2))
    assert first.state.queue is not second.state.queue
    first.state.queue.refuse()
    assert not second.state.queue.shutting_down


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"batch_texts": 0}, "batch_texts must be from 1 to"),
        ({"request_texts": 10, "queue_texts": 9}, "queue_texts must be at least request_texts"),
        ({"api_key": " "}, "the API key must be ASCII and not empty"),
        ({"api_key": "first\nsecond"}, "the API key must be one line"),
        ({"api_key": "first\tsecond"}, "the API key must be one line"),
        ({"api_key": "sesame "}, "the API key must be one line without white space around it"),
    ],
)
def test_settings_check_themselves(settings, said):
    with pytest.raises(EmograinError, match=said):
        Settings(**settings)
    assert "sesame" not in repr(Settings(api_key="open sesame"))


def test_a_real_model_predicts_as_its_predictor(settings, corpus, tmp_path):
    pytest.importorskip("onnxscript")
    from emograin.models.run_folder import RunFolder
    from emograin.prediction.onnx.export import export
    from emograin.training.loop import train

    trained, exported = RunFolder(tmp_path / "run"), tmp_path / "exported"
    train(settings, corpus, trained)
    export(trained, exported)
    (exported / "card.json").write_text('{"licence": "CC0"}')
    texts = [*corpus.split("test").texts, "so happy " * 30]

    async def answers(model, policy):
        app = create_app(model, Settings(batch_texts=4))
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                return (await ask(client, *texts, thresholds=policy, all_scores=True)).json()

    for folder in (exported, trained.path):
        model = open_model(folder)
        assert (model.method, model.max_document_tokens) == ("baseline", 20)
        assert (model.card is None) == (folder != exported)
        for policy in ("fixed", "per-label"):
            expected = emograin.load(folder, policy).predict(texts)
            found = asyncio.run(partial(answers, model)(policy))["predictions"]
            labels = [tuple(each["label"] for each in row["labels"]) for row in found]
            assert labels == [row.labels for row in expected]
            scores = [list(row["scores"].values()) for row in found]
            np.testing.assert_allclose(scores, expected.scores, atol=2e-6)
            assert not any(row["truncated"] for row in found)


@run
async def test_a_mapping_to_one_label_is_served():
    app = create_app(open_model(None, LabelMapping("toxic", {"toxic": ("anger", "annoyance")})))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            described = (await client.get("/v1/model")).json()
            found = (await ask(client, "I hate you, you idiot", "I love you")).json()["predictions"]
    assert described["unions"] == {"toxic": ["anger", "annoyance"]}
    assert [[each["label"] for each in row["labels"]] for row in found] == [["toxic"], []]


@run
async def test_a_large_answer_is_sent_while_it_is_built():
    texts = [f"{at} {'x' * (at % 50)}" for at in range(1, 3000)]
    async with running(Recorder(), request_texts=3000, queue_texts=3000) as (client, _):
        asked = {"texts": texts, "segments": True, "all_scores": True}
        answer = await client.post("/v1/predict", json=asked)
        (one,) = (await client.post("/v1/predict", json=asked | {"texts": texts[-1:]})).json()["predictions"]
    assert len(answer.content) > CHARACTERS_PER_BLOCK
    assert "content-length" not in answer.headers
    found = answer.json()
    assert (found["model"], len(found["predictions"])) == ("tiny", len(texts))
    assert found["predictions"][-1] == one
    assert [len(each["segments"]) for each in found["predictions"]] == [2] * len(texts)
