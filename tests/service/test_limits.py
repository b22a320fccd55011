"""What the service refuses: bodies that are too large or too slow, and requests without the key."""

import asyncio

import httpx
import pytest
from helpers.served import Recorder, ask, process, run, running, served

from emograin.common.errors import EmograinError
from emograin.service.app import create_app
from emograin.service.server import DrainingServer
from emograin.service.settings import HIGHEST, Settings


@run
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_the_limit_is_rejected_before_it_is_in_memory(chunked):
    read = 0

    async def endless():
        nonlocal read
        while read < 10_000:
            read += 100
            yield b" " * 100

    async with running(Recorder(), body_bytes=1000) as (client, _):
        content = endless() if chunked else b" " * 1001
        answer = await client.post("/v1/predict", content=content, headers={"Content-Type": "application/json"})
        assert (await ask(client, "a")).status_code == 200
    assert answer.status_code == 413
    assert "at most 1000 bytes" in answer.json()["error"]["message"]
    assert read <= 6000  # the excess is discarded, up to a limit


@run
async def test_all_requests_together_hold_a_bounded_number_of_bytes():
    predictor = Recorder()
    async with running(predictor, body_bytes=1000, held_bytes=2000) as (client, app):
        predictor.may_go_on.clear()
        texts = "x" * 800
        first = [asyncio.create_task(ask(client, texts)) for _ in range(2)]
        while len(app.state.queue._unanswered) < 2:
            await asyncio.sleep(0.002)
        third = await ask(client, texts)
        predictor.may_go_on.set()
        assert [answer.status_code for answer in await asyncio.gather(*first)] == [200, 200]
        assert (await ask(client, texts)).status_code == 200  # the bytes are released
    assert third.status_code == 429
    assert "2000 bytes" in third.json()["error"]["message"]
    assert int(third.headers["retry-after"]) >= 1


@run
async def test_a_chunked_body_counts_as_the_largest_one_whatever_its_content_length(tmp_path):
    with process(tmp_path, body_bytes=1000, held_bytes=1500) as (_, url, _):
        opened = []
        for _ in range(2):
            reader, writer = await asyncio.open_connection(*url.removeprefix("http://").split(":"))
            head = "POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json"
            more = "Expect: 100-continue\r\nContent-Length: 1\r\nTransfer-Encoding: chunked"
            writer.write(f"{head}\r\n{more}\r\n\r\n".encode())
            await writer.drain()
            await asyncio.sleep(0.3)
            opened.append((reader, writer))
        answer = await asyncio.wait_for(opened[1][0].read(12), 10)
        for _, writer in opened:
            writer.close()
    assert answer == b"HTTP/1.1 429"


def test_clients_do_not_choose_their_address_with_a_header():
    assert not DrainingServer(create_app(served(Recorder())), 10).config.proxy_headers


@pytest.mark.parametrize("value", [0, -1, 10**20])
def test_limits_are_positive_and_not_beyond_all_bounds(value):
    with pytest.raises(EmograinError, match=f"text_characters must be from 1 to .*, got {value}"):
        Settings(text_characters=value)


def test_the_highest_limits_are_accepted():
    create_app(served(Recorder()), Settings(text_characters=HIGHEST, request_texts=HIGHEST, queue_texts=HIGHEST))


@run
async def test_a_slow_request_is_rejected():
    async def slow():
        yield b"{"
        await asyncio.sleep(30)
        yield b"}"

    async with running(Recorder(), body_seconds=1) as (client, _):
        answer = await client.post("/v1/predict", content=slow(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 408
    assert "within 1 s" in answer.json()["error"]["message"]


@run
async def test_an_api_key_is_required_where_set():
    async with running(Recorder(), api_key="open sesame") as (client, _):
        wanted = [("get", "/v1/model"), ("get", "/metrics"), ("post", "/v1/predict"), ("get", "/v1/none")]
        for headers in ({}, {"X-API-Key": "open sesam"}, {"Authorization": "Bearer x"}, {"X-API-Key": "\xe9"}):
            for method, path in wanted:
                sent = {name: value.encode("latin-1") for name, value in headers.items()}
                answer = await client.request(method, path, headers=sent)
                assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized"), path
                assert answer.headers["www-authenticate"] == "Bearer"
        for path in ("/healthz", "/readyz", "/docs", "/openapi.json"):
            assert (await client.get(path)).status_code == 200
        for headers in ({"X-API-Key": "open sesame"}, {"Authorization": "Bearer open sesame"}):
            assert (await client.post("/v1/predict", json={"text": "a"}, headers=headers)).status_code == 200
            assert (await client.get("/metrics", headers=headers)).status_code == 200


@run
async def test_the_api_key_is_required_under_any_path_prefix():
    app = create_app(served(Recorder()), Settings(api_key="open sesame", body_bytes=100))
    transport = httpx.ASGITransport(app, root_path="/emotions")
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost/emotions") as client,
    ):
        key = {"X-API-Key": "open sesame"}
        for path in ("/v1/model", "/metrics"):
            assert (await client.get(path)).status_code == 401
            assert (await client.get(path, headers=key)).status_code == 200
        assert (await client.post("/v1/predict", json={"text": "a" * 200})).status_code == 401
        assert (await client.post("/v1/predict", json={"text": "a" * 200}, headers=key)).status_code == 413
        assert (await client.get("/")).status_code == 200


@run
async def test_unknown_fields_are_refused_without_their_names():
    async with running(Recorder(), body_bytes=10_000_000) as (client, _):
        for many, said in ((1, "unknown field"), (200_000, "200000 unknown fields")):
            body = {"text": "a", **{f"secret{at}": 0 for at in range(many)}}
            answer = await client.post("/v1/predict", json=body)
            assert answer.status_code == 422
            assert answer.json()["error"]["message"].startswith(f"{said} (known: texts, text, ")
            assert "secret" not in answer.text
