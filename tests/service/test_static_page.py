"""`emograin page`: what it writes, and what it refuses. Nothing here needs npm or a browser."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urljoin

import pytest

from emograin.cli.app import main
from emograin.prediction.shipped_model import shipped_model
from emograin.service import page_runtime
from emograin.service.static_page import POLICY, SOURCES

PROJECT = Path(__file__).parents[2]
ADDRESS = re.compile(r"(?:https?:)?//[\w.-]+\.\w")  # of another host


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    """A folder node_modules with the names and versions of the libraries, and nothing in them."""
    folder = tmp_path / "node_modules"
    for name, version in page_runtime.pinned_versions().items():
        (folder / name / "dist").mkdir(parents=True)
        (folder / name / "package.json").write_text(json.dumps({"version": version}))
    for file in page_runtime.FILES.values():
        (folder / file).write_text("export {};")
    return folder


@pytest.fixture
def site(tmp_path: Path, modules: Path) -> Path:
    folder = tmp_path / "site"
    assert main(["page", str(folder), "--node-modules", str(modules)]) == 0
    return folder


def test_the_page_and_its_model_are_written(site: Path) -> None:
    page = (site / "index.html").read_text()
    assert "page/browser/browser.js" in page
    assert "page/service.js" not in page
    listed = json.loads((site / "page/files.json").read_text())
    written = {each.relative_to(site).as_posix() for each in site.rglob("*") if each.is_file()}
    assert {*listed["small"], *listed["large"]} == written - {"offline.js", "page/files.json", ".lock"}
    for name in ("model.json", "model.onnx", "tokenizer.json", "taxonomy.json", "thresholds.json"):
        assert (site / "page/model" / name).read_bytes() == (shipped_model() / name).read_bytes()
        assert listed["large"][f"page/model/{name}"]["bytes"] == (shipped_model() / name).stat().st_size
    assert not list(site.rglob("*.npz"))


def test_every_module_and_style_is_there(site: Path) -> None:
    base = "http://localhost/"
    waiting, seen = [f"{base}page/browser/browser.js", f"{base}page/browser/worker.js"], set()
    while waiting:
        address = waiting.pop()
        seen.add(address)
        text = (site / address.removeprefix(base)).read_text()
        imports = re.findall(r"^import (?:[^;]* from )?\"([^\"]+)\"", text, re.MULTILINE)
        waiting += [each for each in (urljoin(address, name) for name in imports) if each not in seen]
    assert len(seen) > 30
    page = (site / "index.html").read_text()
    for name in re.findall(r"(?:src|href)=\"([^\"]+)\"", page):
        assert name.startswith("data:") or (site / name).is_file()


def test_nothing_is_allowed_from_other_hosts(site: Path) -> None:
    page = (site / "index.html").read_text()
    (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)">', page)
    policy = policy.replace("&#x27;", "'")
    assert policy.startswith(POLICY)
    assert "trusted-types emograin" in policy
    assert "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'" in policy
    assert not re.search(r"https?:|\*|'unsafe-(?:inline|eval)'", policy)
    assert "<style" not in page
    assert not re.search(r"<script>|\son\w+=|style=", page), "inline scripts and styles"
    for file in [site / "index.html", site / "offline.js", *site.glob("page/*.js"), *site.glob("page/[be]*/*.js")]:
        text = re.sub(
            r"xmlns='[^']*'|/\*.*?\*/|// .*", "", file.read_text(), flags=re.DOTALL if file.suffix == ".js" else 0
        )
        assert not ADDRESS.findall(text), file


def test_a_page_is_replaced_and_nothing_else(site: Path, modules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "page" / "stale.js").write_text("")
    before = (site / "offline.js").read_text()
    capsys.readouterr()
    assert main(["page", str(site), "--node-modules", str(modules)]) == 0
    assert re.match(r".*site: \d+ files, 24\.\d MB\ntry it: python -m http.server --directory", capsys.readouterr().out)
    assert not (site / "page" / "stale.js").exists()
    assert (site / "offline.js").read_text() == before, "the same files are the same version"
    (modules / next(iter(page_runtime.FILES.values()))).write_text("export const other = 1;")
    assert main(["page", str(site), "--node-modules", str(modules)]) == 0
    assert (site / "offline.js").read_text() != before, "browsers must notice the new version"
    (site / "page" / "files.json").unlink()
    assert main(["page", str(site), "--node-modules", str(modules)]) == 2
    assert "holds something other than a page" in capsys.readouterr().err


def test_a_page_whose_writer_was_killed_is_written_again(
    tmp_path: Path, modules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, command = tmp_path / "site", ["page", str(tmp_path / "site"), "--node-modules", str(modules)]

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr("emograin.service.static_page._copy", killed)
        assert main(command) != 0
    assert not (site / "page/files.json").exists()
    assert main(command) == 0
    assert (site / "page/files.json").is_file()
    assert not (site / "page/unfinished").exists()


def test_a_model_is_named_and_its_damaged_card_is_an_error(
    tmp_path: Path, modules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["page", str(tmp_path / "site"), "--node-modules", str(modules), "--model"]
    model = tmp_path / "model"
    shutil.copytree(shipped_model(), model)
    for card in ("{bad", '["x"]', '{"accuracy": NaN}'):
        (model / "card.json").write_text(card)
        assert main([*command, str(model)]) == 2
        assert "card.json" in capsys.readouterr().err
        assert not (tmp_path / "site").exists()
    assert main([*command, "bundled"]) == 0


def test_models_that_browsers_cannot_run(tmp_path: Path, modules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "run.json").write_text("{}")
    assert main(["page", str(tmp_path / "site"), "--model", str(run), "--node-modules", str(modules)]) == 2
    assert re.search(r"needs an exported model.*emograin export .*run DIR", capsys.readouterr().err)
    changed = tmp_path / "changed"
    shutil.copytree(shipped_model(), changed)
    (changed / "thresholds.json").write_text("{}")
    assert main(["page", str(tmp_path / "site"), "--model", str(changed), "--node-modules", str(modules)]) == 2
    assert "is not the file that was exported" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_libraries_that_are_missing(
    tmp_path: Path, modules: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = str(tmp_path / "site")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert main(["page", site]) == 2
    assert re.search(r"no npm to install them .*--node-modules DIR", capsys.readouterr().err)
    failed = subprocess.CompletedProcess([], 1, "", "npm error network\nunreachable")
    monkeypatch.setattr(shutil, "which", lambda _: "npm")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    assert main(["page", site]) == 2
    assert "npm could not install the JavaScript libraries of the page: npm error network unreachable" in (
        capsys.readouterr().err
    )
    (modules / "onnxruntime-web" / "package.json").write_text('{"version": "1.0.0"}')
    assert main(["page", site, "--node-modules", str(modules)]) == 2
    assert re.search(r"has onnxruntime-web 1\.0\.0, expected \d.*npm install @huggingface", capsys.readouterr().err)
    assert main(["page", site, "--node-modules", str(tmp_path)]) == 2
    assert "has no library @huggingface/tokenizers" in capsys.readouterr().err


def test_versions_are_pinned_in_one_way() -> None:
    lock = json.loads((SOURCES / "runtime" / "package-lock.json").read_text())
    versions = page_runtime.pinned_versions()
    assert lock["packages"][""]["dependencies"] == versions
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert all(each["integrity"].startswith("sha512-") for each in packages.values())
    assert not any("resolved" in each for each in packages.values()), "addresses of a registry"
    for name, version in versions.items():
        assert packages[f"node_modules/{name}"]["version"] == version
    assert json.loads((PROJECT / "js" / "package.json").read_text())["dependencies"] == versions
