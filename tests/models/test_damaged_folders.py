"""Damaged files of a run and of its export: one line that names the file, and the field where there is one."""

import dataclasses
import json
import shutil

import pytest

import emograin
from emograin.cli.app import main
from emograin.common.checks import checked
from emograin.common.errors import EmograinError
from emograin.common.files import sha256_file
from emograin.models.run_folder import RunFolder
from emograin.models.tensor_files import read_tensors
from emograin.prediction.onnx.description import InputTemplate, describe
from emograin.prediction.onnx.export import export
from emograin.training.loop import train

pytest.importorskip("onnx")
pytest.importorskip("onnxscript")

NAN = float("nan")
DELETE = object()
# File, path to a value in it, its new value, what the error says after the file.
CHANGES = [
    ("thresholds.json", ["global", 1], NAN, r"thresholds.global\[1\] must lie in \[0, 1\], got nan"),
    ("thresholds.json", ["global", 1], None, r"thresholds.global\[1\] must be float, got None"),
    ("thresholds.json", ["global", 1], -0.1, r"thresholds.global\[1\] must lie in \[0, 1\], got -0.1"),
    ("thresholds.json", ["global", 1], 1.1, r"thresholds.global\[1\] must lie in \[0, 1\], got 1.1"),
    ("thresholds.json", ["global", 1], 10**400, r"thresholds.global\[1\] is too large"),
    ("thresholds.json", ["global", 1], "0.3", r"thresholds.global\[1\] must be float, got '0.3'"),
    ("thresholds.json", ["global", 1], True, r"thresholds.global\[1\] must be float, got True"),
    ("thresholds.json", ["global"], [0.3] * 5, "thresholds.global must have 4 values, got 5"),
    ("thresholds.json", ["global"], [], "thresholds.global must have 4 values, got 0"),
    ("thresholds.json", ["global"], 0.3, "thresholds.global must be a list, got 0.3"),
    ("thresholds.json", ["per-label"], DELETE, "the policy 'per-label' is missing"),
    ("thresholds.json", [], [], r"thresholds must be a table, got \[\]"),
    ("taxonomy.json", ["labels"], DELETE, "'labels' is missing"),
    ("taxonomy.json", ["labels"], "joy", "labels must be a list, got 'joy'"),
    ("taxonomy.json", ["labels", 1], 7, r"labels\[1\] must be str, got 7"),
    ("taxonomy.json", ["labels", 1], "joy", "got 'joy' twice"),
    ("taxonomy.json", ["groupings", "tone"], [], r"groupings.tone must be a table, got \[\]"),
    ("taxonomy.json", ["labls"], [], "unknown key 'labls', did you mean 'labels'"),
    ("taxonomy.json", [], None, "must be a table, got None"),
]
OF_RUN = [
    ("run.json", ["settings"], DELETE, "'settings' is missing"),
    ("run.json", ["settings"], 7, "settings must be a table, got 7"),
    ("run.json", ["settings", "epochs"], DELETE, "the setting 'epochs' is missing"),
    ("run.json", ["settings", "epochs"], 0, "epochs must be at least 1, got 0"),
    ("run.json", ["settings", "epochs"], "4", "epochs must be int, got '4'"),
    ("run.json", ["settings", "epoch"], 4, "unknown setting 'epoch', did you mean 'epochs'"),
    ("run.json", ["settings", "max_document_tokens"], -1, "max_document_tokens must be at least 1, got -1"),
    ("run.json", ["settings", "alpha"], NAN, r"alpha must lie in \[0, 1\], got nan"),
    ("run.json", ["settings", "method"], "zzz", "unknown method 'zzz'"),
    ("run.json", ["parameters"], -1, "parameters must be at least 1, got -1"),
    ("run.json", ["fingerprint"], DELETE, "'fingerprint' is missing"),
    ("run.json", ["data", "train"], "many", "data.train must be int, got 'many'"),
]
OF_EXPORT = [
    ("model.json", ["template"], DELETE, "'template' is missing"),
    ("model.json", ["template"], [], r"template must be a table, got \[\]"),
    ("model.json", ["template", "max_document_tokens"], -1, "template.max_document_tokens must be at least 1, got -1"),
    ("model.json", ["template", "max_document_tokens"], 2.5, "template.max_document_tokens must be int, got 2.5"),
    ("model.json", ["template", "prefix", 0], -1, r"template.prefix\[0\] must be at least 0, got -1"),
    ("model.json", ["template", "pad"], None, "template.pad must be int, got None"),
    ("model.json", ["template", "suffix"], DELETE, "'template.suffix' is missing"),
    ("model.json", ["template", "inputs", 0], "ids", "unknown model input 'ids'"),
    ("model.json", ["files"], DELETE, "'files' is missing"),
    ("model.json", ["files"], 3, "files must be a table, got 3"),
    ("model.json", ["sha256"], DELETE, "'sha256' is missing"),
    ("model.json", ["tolerance"], NAN, "tolerance must be at least 0, got nan"),
    ("model.json", ["settings", "method"], "other", "the file was changed: its sha256 differs"),
    ("model.json", ["template", "pad"], 1, "the file was changed: its sha256 differs"),
]


@pytest.fixture(scope="module")
def folders(settings, corpus, tmp_path_factory):
    """A finished run, and its export."""
    run = RunFolder(tmp_path_factory.mktemp("damaged") / "run")
    train(dataclasses.replace(settings, epochs=1), corpus, run)
    exported = run.path.with_name("exported")
    export(run, exported)
    return {"run": run.path, "export": exported}


@pytest.fixture
def copied(folders, tmp_path):
    """Function that copies one of the folders, to be damaged."""
    return lambda kind: shutil.copytree(folders[kind], tmp_path / kind)


def change(path, keys, value):
    """Change one value of a JSON file, or delete it."""
    content = json.loads(path.read_text())
    if not keys:
        content = value
    else:
        inner = content
        for key in keys[:-1]:
            inner = inner[key]
        if value is DELETE:
            del inner[keys[-1]]
        else:
            inner[keys[-1]] = value
    path.write_text(json.dumps(content))


def sign(folder):
    """Make the digests of an export right again, as a tool would that changed a file on purpose."""
    content = json.loads((folder / "model.json").read_text())
    content["files"] = {name: sha256_file(folder / name) for name in content["files"]}
    template = InputTemplate(**content.pop("template"))
    rest = {name: content[name] for name in content if name not in ("producer", "format", "files", "sha256")}
    described = describe(template, {name: folder / name for name in content["files"]}, **rest)
    (folder / "model.json").write_text(json.dumps(described))


def sign_run(folder):
    """Make the digests of a run right again."""
    content = json.loads((folder / "run.json").read_text())
    content["files"] = {name: sha256_file(folder / name) for name in content["files"]}
    (folder / "run.json").write_text(json.dumps(content))


SIGN = {"run": sign_run, "export": sign}
TOKENIZERS = {"run": "encoder/tokenizer.json", "export": "tokenizer.json"}


@pytest.mark.parametrize(("name", "keys", "value", "message"), CHANGES + OF_RUN)
def test_a_changed_value_in_a_run_is_named(copied, name, keys, value, message):
    folder = copied("run")
    change(folder / name, keys, value)
    with pytest.raises(EmograinError, match=message) as caught:
        emograin.load(folder)
    assert "\n" not in str(caught.value)
    if "method 'zzz'" not in message:
        assert str(folder / name) in str(caught.value)


@pytest.mark.parametrize(("name", "keys", "value", "message"), CHANGES + OF_EXPORT)
def test_a_changed_value_in_an_export_is_named(copied, name, keys, value, message):
    folder = copied("export")
    change(folder / name, keys, value)
    if name != "model.json":
        with pytest.raises(EmograinError, match=f"{name}.*its sha256 differs"):
            emograin.load(folder)
        sign(folder)
    with pytest.raises(EmograinError, match=message) as caught:
        emograin.load(folder)
    assert "\n" not in str(caught.value)
    assert str(folder / name) in str(caught.value)


@pytest.mark.parametrize("kind", ["run", "export"])
def test_a_flipped_bit_anywhere_is_an_error_that_names_the_file(copied, kind, capsys):
    folder = copied(kind)
    names = {
        "run": ["weights.safetensors", "encoder/tokenizer.json", "encoder/config.json", "taxonomy.json"],
        "export": ["model.onnx", "tokenizer.json", "taxonomy.json", "thresholds.json", "model.json"],
    }
    for name in names[kind]:
        path = folder / name
        content = path.read_bytes()
        for place in (0.001, 0.01, 0.3, 0.9999):
            flipped = bytearray(content)
            flipped[int(place * len(content))] ^= 1
            path.write_bytes(flipped)
            assert main(["predict", "so happy", "--model", str(folder)]) == 2
            error = capsys.readouterr().err
            assert len(error.splitlines()) == 1
            assert str(path) in error
        path.write_bytes(content)
    assert main(["predict", "so happy", "--model", str(folder)]) == 0


def test_every_flipped_bit_of_the_header_of_the_weights_is_an_error(folders, tmp_path):
    content = (folders["run"] / "weights.safetensors").read_bytes()
    path = tmp_path / "weights.safetensors"
    length = 8 + int.from_bytes(content[:8], "little")
    for at in range(0, length, 7):
        flipped = bytearray(content)
        flipped[at] ^= 1 << (at % 8)
        path.write_bytes(flipped)
        try:
            tensors, _ = read_tensors(path)
        except EmograinError as error:
            assert str(path) in str(error)  # noqa: PT017 - whitespace may change without harm
        else:
            assert bytes(content[at : at + 1]) == b" "
            assert tensors.keys() == read_tensors(folders["run"] / "weights.safetensors")[0].keys()


def test_a_run_from_before_there_were_digests_loads(copied):
    import safetensors.torch

    folder = copied("run")
    expected = emograin.load(folder).predict(["so happy"]).scores
    tensors, _ = read_tensors(folder / "weights.safetensors")
    safetensors.torch.save_file(tensors, folder / "weights.safetensors")
    change(folder / "run.json", ["files"], DELETE)
    assert (emograin.load(folder).predict(["so happy"]).scores == expected).all()


@pytest.mark.parametrize("kind", ["run", "export"])
def test_a_tokenizer_whose_ids_exceed_the_embeddings_is_one_line(copied, capfd, kind):
    folder = copied(kind)
    change_vocabulary(folder / TOKENIZERS[kind])
    SIGN[kind](folder)
    assert main(["predict", "so happy today", "--model", str(folder)]) == 2
    error = capfd.readouterr().err
    assert "ids of the tokenizer exceed the table of embeddings" in error
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize("kind", ["run", "export"])
def test_a_tokenizer_whose_regular_expression_explodes_is_an_error(copied, kind):
    folder = copied(kind)
    pattern = {"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Isolated", "invert": False}
    change(folder / TOKENIZERS[kind], ["pre_tokenizer"], pattern)
    if kind == "run":  # BERT's own class makes its pre-tokenizer itself
        change(folder / "encoder" / "tokenizer_config.json", ["tokenizer_class"], "PreTrainedTokenizerFast")
    SIGN[kind](folder)
    with pytest.raises(EmograinError, match=r"the tokenizer of the model failed: .*retry-limit-in-match") as caught:
        emograin.load(folder).predict(["a" * 40 + "!"])
    assert "\n" not in str(caught.value)


def change_vocabulary(path):
    """Move all ids of words beyond those of the special tokens."""
    content = json.loads(path.read_text())
    vocabulary = content["model"]["vocab"]
    content["model"]["vocab"] = {word: at if word.startswith("[") else at + 10**6 for word, at in vocabulary.items()}
    path.write_text(json.dumps(content))


def test_the_checker_reads_nested_annotations():
    assert checked(dict[str, tuple[int, ...]], {"a": [1, 2]}, "x") == {"a": (1, 2)}
    with pytest.raises(EmograinError, match=r"^x\.a\[1\] must be int, got '2'$"):
        checked(dict[str, tuple[int, ...]], {"a": [1, "2"]}, "x")
    with pytest.raises(EmograinError, match=r"got 'z{59}\.\.\.$"):
        checked(int, "z" * 1000, "x")
