"""The Host header: a page elsewhere cannot reach the service by DNS rebinding."""

import subprocess
import sys

import httpx
import pytest
from helpers.served import Recorder, run, running

from emograin.cli.app import main
from emograin.common.errors import EmograinError
from emograin.service.allowed_hosts import AllowedHosts
from emograin.service.settings import Settings

LOCAL = ["localhost", "LOCALHOST:8000", "localhost.", "127.0.0.1", "127.0.0.1:80", "[::1]:8000", "[0:0:0:0:0:0:0:1]"]
FOREIGN = ["evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1.evil.example", "", ":80", "a b"]
FOREIGN += ["127.0.0.1@evil", "127.0.0.1:80:80", "[::1", "localhost/"]


@pytest.mark.parametrize(
    ("given", "allowed", "refused"),
    [
        ((), LOCAL, [*FOREIGN, "10.0.0.7", "[2001:db8::1]", "0.0.0.0"]),
        (("my.example",), [*LOCAL, "my.example:443", "My.Example."], [*FOREIGN, "x.my.example"]),
        (("0.0.0.0",), [*LOCAL, "10.0.0.7:8000", "[2001:db8::1]"], FOREIGN),
        (("::",), [*LOCAL, "10.0.0.7"], FOREIGN),
        (("::1", "192.168.0.2"), [*LOCAL, "192.168.0.2:8000"], [*FOREIGN, "192.168.0.3"]),
        (("*",), [*LOCAL, *FOREIGN], []),
    ],
)
def test_which_hosts_are_allowed(given, allowed, refused):
    hosts = AllowedHosts(given)
    assert [host for host in allowed if host not in hosts] == []
    assert [host for host in refused if host in hosts] == []


@pytest.mark.parametrize("host", ["https://a.example", "a.example:80", "a.example/x", "", "a b", "*.example", "."])
def test_a_host_that_is_none_is_an_error(host, capsys):
    with pytest.raises(EmograinError, match="an allowed host must be a name or an address"):
        AllowedHosts([host])
    assert main(["serve", "--model", "nowhere", "--allowed-host", host]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_one_host_instead_of_a_list_is_an_error():
    for given in ("*.example.com", "emotions.example"):
        with pytest.raises(EmograinError, match="allowed hosts must be a list or tuple of names"):
            Settings(allowed_hosts=given)


@run
async def test_every_path_refuses_other_hosts():
    async with running(Recorder(), allowed_hosts=("emotions.example",)) as (client, _):
        for method, path in [("GET", "/"), ("GET", "/healthz"), ("GET", "/v1/model"), ("POST", "/v1/predict")]:
            answer = await client.request(method, path, headers={"Host": "evil.example"})
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "host_not_allowed")
            assert "evil" not in answer.text
        assert (await client.get("/v1/model", headers={"Host": "emotions.example:8000"})).status_code == 200


def test_the_command_allows_the_address_it_listens_on():
    options = ["--host", "0.0.0.0", "--port", "0", "--allowed-host", "my.example"]
    command = [sys.executable, "-m", "emograin", "serve", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as service:
        assert service.stderr is not None
        try:
            lines = [service.stderr.readline() for _ in range(3)]
            assert any("to any IP address" in line for line in lines)
            port = int(lines[0].partition('"port": ')[2].partition(",")[0])
            statuses = [
                httpx.get(f"http://127.0.0.1:{port}/healthz", headers={"Host": host}).status_code
                for host in ("10.1.2.3", "my.example", "evil.example")
            ]
        finally:
            service.kill()
    assert statuses == [200, 200, 400]
