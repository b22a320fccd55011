"""Run the instructions of the Dockerfile without Docker, on the Debian of its base image, and query the service.

    python scripts/try_dockerfile.py [--suite trixie]

Needs mmdebstrap and, for users other than root, uidmap and subordinate ids (/etc/subuid). Every RUN, COPY
and USER is run in a minimal Debian, stage by stage; then the ENTRYPOINT runs as the image's user, the
HEALTHCHECK and a prediction are tried, and the STOPSIGNAL ends it.

Not what Docker does: python is Debian's own, not that of the image python:3.12-slim; layers, and limits of containers,
are not tried. pip's settings and certificates of this machine are used.
"""

import argparse
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.request import Request, urlopen

ROOT = Path(__file__).parents[1]
PACKAGES = "python3,python3-venv,ca-certificates"
FOLDERS = ("bin", "etc", "home", "lib", "lib64", "opt", "root", "run", "sbin", "srv", "usr", "var")
IGNORED = ("EXPOSE",)
PORT = "8000"

Instruction = tuple[str, str]


def parse(dockerfile: str) -> list[list[Instruction]]:
    r"""Return the stages of a Dockerfile, each a list of instructions with their arguments.

    >>> parse("FROM a AS b\n# note\nRUN x \\\n  y\nFROM c\nUSER d\n")
    [[('FROM', 'a AS b'), ('RUN', 'x y')], [('FROM', 'c'), ('USER', 'd')]]
    """
    text = re.sub(r"^\s*#.*\n", "", dockerfile, flags=re.MULTILINE)
    stages: list[list[Instruction]] = []
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if line.strip():
            name, _, rest = line.partition(" ")
            if name == "FROM":
                stages.append([])
            stages[-1].append((name, rest))
    return stages


class Stage:
    """A stage of the build: a tree of files, a working folder and a user."""

    def __init__(self, base: Path, number: int):
        self.root = base / f"stage{number}"
        self.folder, self.user = "/", "root"
        self.commands: dict[str, list[str]] = {}
        self.stop_signal = signal.SIGTERM
        self.root.mkdir()
        there = [name for name in FOLDERS if (base / name).exists() or (base / name).is_symlink()]
        subprocess.run(["cp", "-a", *(base / name for name in there), self.root], check=True)
        for name in ("tmp", "proc", "dev"):
            (self.root / name).mkdir(mode=0o1777 if name == "tmp" else 0o755, exist_ok=True)
        (self.root / "tmp").chmod(0o1777)
        for name in ("null", "urandom", "random"):  # device files cannot be made without privileges
            (self.root / "dev" / name).write_bytes(b"" if name == "null" else os.urandom(4096))
            (self.root / "dev" / name).chmod(0o666)

    def command(self, words: Sequence[str]) -> list[str]:
        """Return the command that runs words in this stage, as its user."""
        return ["chroot", f"--userspec={self.user}", str(self.root), "/usr/bin/env", "-C", self.folder, *words]

    def carry_out(self, name: str, rest: str, stages: dict[str, "Stage"]) -> None:
        """Run one instruction."""
        print(f"{name} {rest}", flush=True)
        if name == "RUN":
            subprocess.run(self.command(["/bin/sh", "-c", rest]), check=True, stdout=subprocess.DEVNULL)
        elif name == "WORKDIR":
            self.folder = rest
            (self.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif name == "USER":
            self.user = rest
        elif name == "COPY":
            self.copy(shlex.split(rest), stages)
        elif name in ("ENTRYPOINT", "HEALTHCHECK"):
            self.commands[name] = json.loads(rest[rest.index("[") :])
        elif name == "STOPSIGNAL":
            self.stop_signal = signal.Signals[rest]
        elif name not in ("FROM", *IGNORED):
            raise SystemExit(f"the Dockerfile has the instruction {name}, which this script does not support")

    def copy(self, words: list[str], stages: dict[str, "Stage"]) -> None:
        """Copy files of the project, or of another stage."""
        source = ROOT
        if words[0].startswith("--from="):
            source = stages[words.pop(0).removeprefix("--from=")].root
        *names, target = words
        where = self.root / str(Path(self.folder) / target).lstrip("/")
        for name in names:
            path = source / name.lstrip("/")
            if path.is_dir():
                shutil.copytree(path, where, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(path, where / path.name if target.endswith("/") else where)


def inside(base: Path) -> None:
    """Run the Dockerfile in a tree of a minimal Debian, and try the service."""
    if not (base / "usr/local/bin/python").exists():
        (base / "usr/local/bin/python").symlink_to("/usr/bin/python3")
    certificates = Path("/etc/ssl/certs/ca-certificates.crt")
    for path in (Path("/etc/resolv.conf"), Path("/etc/hosts"), certificates):
        if path.exists():
            shutil.copyfile(path, base / str(path).lstrip("/"))
    stages: dict[str, Stage] = {}
    for number, instructions in enumerate(parse((ROOT / "Dockerfile").read_text(encoding="utf-8"))):
        stage = Stage(base, number)
        name = instructions[0][1].partition(" AS ")[2] or str(number)
        stages[name] = stage
        for instruction in instructions:
            stage.carry_out(*instruction, stages)
    try_service(stage)


def try_service(stage: Stage) -> None:
    """Start the entry point, wait for its health check, ask for a prediction, and stop it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    entry, health = (
        [each.replace(PORT, port) for each in stage.commands[name]] for name in ("ENTRYPOINT", "HEALTHCHECK")
    )
    server = subprocess.Popen(stage.command(entry), stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 120
        while subprocess.run(stage.command(health), stderr=subprocess.DEVNULL).returncode:
            if server.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the service did not become healthy: {server.stderr.read() if server.stderr else ''}")
            time.sleep(0.5)
        print("HEALTHCHECK: healthy")
        user = subprocess.run(stage.command(["id", "-un"]), capture_output=True, text=True, check=True).stdout.strip()
        body = json.dumps({"texts": ["I love you"]}).encode()
        request = Request(f"http://127.0.0.1:{port}/v1/predict", body, {"Content-Type": "application/json"})
        with urlopen(request, timeout=60) as response:
            answer = json.load(response)
        print(f"as user {user}: POST /v1/predict -> {json.dumps(answer)[:160]}")
        if "love" not in json.dumps(answer) or user == "root":
            raise SystemExit("expected the label love, from a service that does not run as root")
    finally:
        server.send_signal(stage.stop_signal)
        code = server.wait(60)
    print(f"{stage.stop_signal.name}: exit code {code}")
    if code:
        raise SystemExit("the service did not stop cleanly")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", default="trixie", help="Debian's release")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        inside(options.inside)
        return
    if shutil.which("mmdebstrap") is None:
        sys.exit("this needs mmdebstrap: apt-get install mmdebstrap")
    hook = f'{shlex.quote(sys.executable)} {shlex.quote(str(Path(__file__).resolve()))} --inside "$1"'
    command = ["mmdebstrap", "--variant=minbase", f"--include={PACKAGES}", f"--customize-hook={hook}"]
    done = subprocess.run([*command, "--format=null", options.suite, "-"])
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
