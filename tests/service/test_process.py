"""The service as a process: stopped under load, killed and restarted, and started from the command line."""

import asyncio
import json
import signal
import socket
import subprocess
import sys

import httpx
import pytest
from helpers.served import LABELS, ask, process, run, scores_of

from emograin.cli.app import main
from emograin.common.errors import EmograinError
from emograin.service.server import listen

SECRET = "my very private diary"


async def waiting_texts(client: httpx.AsyncClient) -> float:
    lines = (await client.get("/metrics")).text.splitlines()
    return float(next(line for line in lines if line.startswith("emograin_queue_texts ")).split()[1])


def expect(answer: httpx.Response, texts: list[str]) -> None:
    found = [each["scores"] for each in answer.json()["predictions"]]
    expected = [dict(zip(LABELS, scores_of(text), strict=True)) for text in texts]
    assert found == [pytest.approx(scores, abs=1e-6) for scores in expected]


@run
async def test_sigterm_finishes_accepted_requests_and_rejects_new_ones(tmp_path):
    limits = httpx.Limits(max_connections=None)
    with process(tmp_path, seconds=0.05, batch_texts=4) as (service, url, log):
        async with httpx.AsyncClient(base_url=url, limits=limits, timeout=60) as client:
            texts = [[f"{at} {SECRET} {each}" for each in range(7)] for at in range(20)]
            accepted = [asyncio.create_task(ask(client, *each, all_scores=True)) for each in texts]
            async with asyncio.timeout(30):
                while await waiting_texts(client) < 100:
                    await asyncio.sleep(0.01)
            service.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.3)  # it checks ten times per second
            ready, late = await client.get("/readyz"), await ask(client, "late")
            answers = await asyncio.gather(*accepted)
        assert service.wait(20) == 0
    assert [answer.status_code for answer in answers] == [200] * 20
    for each, answer in zip(texts, answers, strict=True):
        expect(answer, each)
    for refused in (ready, late):
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "shutting_down")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [lines[0]["event"], lines[-1]["event"]] == ["listening", "stopped"]
    assert sum(line.get("texts", 0) for line in lines) == 140
    assert SECRET not in log.read_text()


@run
async def test_sigterm_fails_requests_that_take_too_long(tmp_path):
    with process(tmp_path, seconds=0.2, batch_texts=1, drain_seconds=1) as (service, url, _):
        async with httpx.AsyncClient(base_url=url, timeout=60) as client:
            accepted = [asyncio.create_task(ask(client, *["a"] * 100)) for _ in range(5)]
            async with asyncio.timeout(30):
                while await waiting_texts(client) < 400:
                    await asyncio.sleep(0.01)
            service.send_signal(signal.SIGTERM)
            answers = await asyncio.gather(*accepted)
        assert service.wait(30) == 0
    assert [answer.json()["error"]["code"] for answer in answers] == ["shutting_down"] * 5


@run
async def test_a_body_that_is_still_sent_when_the_time_is_over_gets_503(tmp_path):
    with process(tmp_path, drain_seconds=1, body_seconds=60) as (service, url, log):
        reader, writer = await asyncio.open_connection(*url.removeprefix("http://").split(":"))
        head = "POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json"
        writer.write(f"{head}\r\nContent-Length: 99\r\n\r\n{{".encode())
        await writer.drain()
        await asyncio.sleep(0.3)
        service.send_signal(signal.SIGTERM)
        answer = await asyncio.wait_for(reader.read(), 20)
        writer.close()
        assert await asyncio.to_thread(service.wait, 20) == 0
    assert answer.startswith(b"HTTP/1.1 503")
    assert b"shutting_down" in answer
    assert "Traceback" not in log.read_text()
    assert [json.loads(line).get("status") for line in log.read_text().splitlines()].count(503) == 1


@run
@pytest.mark.parametrize(
    ("signals", "code"), [([signal.SIGTERM] * 2, 0), ([signal.SIGINT] * 2, -2), ([signal.SIGTERM, signal.SIGINT], -2)]
)
async def test_ctrl_c_during_the_shutdown_stops_at_once_and_sigterm_changes_nothing(tmp_path, signals, code):
    with process(tmp_path, seconds=0.5, batch_texts=1) as (service, url, _):
        async with httpx.AsyncClient(base_url=url, timeout=60) as client:
            accepted = asyncio.create_task(ask(client, *["a"] * 6))
            async with asyncio.timeout(30):
                while await waiting_texts(client) < 4:
                    await asyncio.sleep(0.01)
            for each in signals:
                service.send_signal(each)
                await asyncio.sleep(0.3)
            if code == 0:
                assert (await ask(client, "late")).status_code == 503
                assert (await accepted).status_code == 200
            else:
                assert isinstance(
                    (await asyncio.gather(accepted, return_exceptions=True))[0], httpx.Response | httpx.HTTPError
                )
        assert await asyncio.to_thread(service.wait, 20) == code


@run
async def test_a_client_that_retries_loses_nothing_when_the_service_is_killed(tmp_path):
    done, failures = [], 0

    async def one(client, at):
        nonlocal failures
        texts = [f"{at} text {each}" for each in range(3)]
        while True:
            try:
                answer = await ask(client, *texts, all_scores=True)
            except httpx.TransportError:  # it is gone, or not back yet
                failures += 1
                await asyncio.sleep(0.05)
                continue
            assert answer.status_code == 200
            expect(answer, texts)
            done.append(at)
            return

    async def worker(client, share):
        for at in share:
            await one(client, at)

    with process(tmp_path, seconds=0.02, batch_texts=4) as (service, url, _):
        async with httpx.AsyncClient(base_url=url, timeout=60) as client, asyncio.timeout(60):
            workers = [asyncio.create_task(worker(client, range(share, 80, 8))) for share in range(8)]
            while len(done) < 20:
                await asyncio.sleep(0.01)
            service.kill()
            service.wait()
            before = len(done)
            port = int(url.rpartition(":")[2])
            start = asyncio.to_thread(lambda: again.__enter__())
            again = process(tmp_path, seconds=0.02, port=port, batch_texts=4)
            try:
                await start
                await asyncio.gather(*workers)
            finally:
                again.__exit__(None, None, None)
    assert before < 80
    assert failures >= 8
    assert sorted(done) == list(range(80))


def test_an_answer_does_not_wait_for_acknowledgements():
    with listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@run
async def test_the_request_of_a_disconnected_client_is_dropped(tmp_path):
    with process(tmp_path, seconds=0.2, batch_texts=1) as (_, url, _log):
        async with httpx.AsyncClient(base_url=url, timeout=60) as client:
            with pytest.raises(httpx.ReadTimeout):
                await client.post("/v1/predict", json={"texts": ["a"] * 500}, timeout=0.5)
            async with asyncio.timeout(5):  # computing all would take 100 s
                while await waiting_texts(client):
                    await asyncio.sleep(0.05)
            assert (await ask(client, "a")).status_code == 200


@run
async def test_a_large_body_is_rejected_and_the_client_reads_why(tmp_path):
    with process(tmp_path, body_bytes=1000, api_key="open sesame") as (_, url, _log):
        async with httpx.AsyncClient(base_url=url, timeout=20) as client:
            for headers, status in [({"X-API-Key": "open sesame"}, 413), ({}, 401)]:
                answer = await client.post("/v1/predict", content=b"x" * 1_000_000, headers=headers)
                assert answer.status_code == status


def test_a_port_in_use_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(EmograinError, match="cannot listen on"):
        listen("127.0.0.1", taken.getsockname()[1])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--model", "nowhere"], "there is no folder 'nowhere'"),
        (["--model", "nowhere", "--batch-texts", "0"], "batch_texts must be from 1 to 1099511627776, got 0"),
        (["--model", "nowhere", "--api-key-file", "no_such_file"], "cannot read the API key from 'no_such_file'"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(capsys, arguments, said):
    assert main(["serve", *arguments]) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert len(captured.err.splitlines()) == 1


def test_the_missing_extra_is_an_error_and_help_needs_none():
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['fastapi', 'uvicorn', 'prometheus_client']));"
        "from emograin.cli.app import main; main(['--help']); main(['serve', '--help']); print(main(['serve']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "this needs fastapi, which is not installed (pip install 'emograin[serve]')" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout.splitlines()[-1] == "2"
    assert "--queue-texts" in done.stdout
