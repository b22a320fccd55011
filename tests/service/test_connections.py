"""Connections: deadlines, a limit on their number, few file descriptors, and logs that stay small."""

import json
import logging
import socket
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from helpers.served import process

from emograin.service.logs import MOST_REPEATED, RateLimit

HALF = b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-"


def connect(url: str, sent: bytes = b"") -> socket.socket:
    port = int(url.rpartition(":")[2])
    opened = socket.create_connection(("127.0.0.1", port), timeout=30)
    opened.sendall(sent)
    return opened


def read_all(opened: socket.socket) -> bytes:
    """Return what the service sends until it closes the connection."""
    found = b""
    try:
        while part := opened.recv(65536):
            found += part
    except ConnectionResetError:
        pass
    return found


def is_closed_while_sending(opened: socket.socket, part: bytes) -> bool:
    """Return whether the service closes a connection to which parts are sent on and on."""
    limit = time.monotonic() + 30
    while time.monotonic() < limit:
        time.sleep(0.05)
        try:
            opened.sendall(part)
        except TimeoutError:
            return False
        except OSError:
            return True
    return False


def events(log: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_half_a_header_is_answered_and_closed(tmp_path):
    with process(tmp_path, header_seconds=1) as (_, url, _log):
        half, silent = connect(url, HALF), connect(url)
        dribbling = connect(url, b"GET /healthz HTTP/1.1\r\n")
        for _ in range(8):
            time.sleep(0.1)
            with suppress(ConnectionError):  # a busy machine may have closed it by now
                dribbling.sendall(b"X: y\r\n")
        for each in (half, dribbling):
            answer = read_all(each)
            assert answer.startswith(b"HTTP/1.1 408 ")
            error = json.loads(answer.partition(b"\r\n\r\n")[2])["error"]
            assert error == {"code": "too_slow", "message": "the header of a request must be sent within 1 s"}
        assert read_all(silent) == b""


def test_a_header_after_a_response_has_a_deadline_and_a_body_that_goes_on_does_not_keep_the_connection(tmp_path):
    with process(tmp_path, header_seconds=1, body_bytes=100, api_key="open sesame") as (_, url, _log):
        second = connect(url, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert second.recv(65536).startswith(b"HTTP/1.1 200 ")
        second.sendall(HALF)
        assert read_all(second).endswith(b'within 1 s"}}')
        endless = connect(url, b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n")
        assert is_closed_while_sending(endless, b" " * 50)  # answered with 401 after 400 bytes


def test_a_request_that_takes_long_has_no_deadline(tmp_path):
    with process(tmp_path, seconds=1.5, header_seconds=1) as (_, url, _log):
        assert httpx.post(f"{url}/v1/predict", json={"text": "a"}, timeout=60).status_code == 200


def test_idle_connections_make_room_for_a_client(tmp_path):
    with process(tmp_path, connections=20, header_seconds=3600) as (service, url, log):
        held = [connect(url, HALF) for _ in range(60)]
        assert httpx.get(f"{url}/healthz", timeout=60).status_code == 200
        assert httpx.post(f"{url}/v1/predict", json={"text": "a"}, timeout=60).status_code == 200
        assert service.poll() is None
        for each in held:
            each.close()
    warnings = [row for row in events(log) if row["level"] == "warning"]
    assert {row["event"] for row in warnings} == {"all connections are in use"}
    assert len(warnings) <= MOST_REPEATED


@pytest.mark.parametrize("files", [64, 40])  # enough for some connections, and for one
def test_few_file_descriptors(tmp_path, files):
    with process(tmp_path, files=files, header_seconds=2) as (_, url, log):
        held = [connect(url, HALF) for _ in range(120)]
        for _ in range(3):
            assert httpx.get(f"{url}/healthz", timeout=120).status_code == 200
        for each in held:
            each.close()
        assert events(log)[0]["connections"] < files
    assert log.stat().st_size < 100_000
    assert "Traceback" not in log.read_text()


def test_a_request_that_is_not_http_is_an_error_like_the_others(tmp_path):
    with process(tmp_path) as (_, url, log):
        for _ in range(3 * MOST_REPEATED):
            answer = read_all(connect(url, b"\x16\x03\x01 what\r\n\r\n"))
            assert answer.startswith(b"HTTP/1.1 400 ")
            assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "bad_request"
    assert len([row for row in events(log) if row["level"] == "warning"]) == MOST_REPEATED


def test_a_client_that_does_not_read_is_cut_off(tmp_path):
    with process(tmp_path, body_seconds=1, request_texts=1000) as (_, url, _log):
        body = json.dumps({"texts": ["hello"] * 1000, "explain": True, "all_scores": True}).encode()
        head = "POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        head += f"Content-Length: {len(body)}"
        opened = socket.socket()
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        opened.connect(("127.0.0.1", int(url.rpartition(":")[2])))
        opened.settimeout(30)
        for _ in range(30):  # pipelined: more than the buffers of the kernel hold
            try:
                opened.sendall(head.encode() + b"\r\n\r\n" + body)
            except OSError:
                break
        limit = time.monotonic() + 60
        while "emograin_requests_total" not in httpx.get(f"{url}/metrics").text:
            assert time.monotonic() < limit
        assert is_closed_while_sending(opened, b"x")


def test_repeated_warnings_are_dropped_and_counted(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    limit = RateLimit()

    def passes(level: int, text: str) -> logging.LogRecord | None:
        record = logging.LogRecord("emograin.service", level, "", 0, text, (), None)
        return record if limit.filter(record) else None

    kept = [passes(logging.ERROR, "failed") for _ in range(MOST_REPEATED + 7)]
    assert [record is not None for record in kept] == [True] * MOST_REPEATED + [False] * 7
    assert passes(logging.ERROR, "another")
    assert all(passes(logging.INFO, "request") for _ in range(100))
    now[0] = 61.0
    after = passes(logging.ERROR, "failed")
    assert after is not None
    assert after.fields == {"dropped": 7}
