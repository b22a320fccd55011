"""emograin calibrate, and --mapping and --group in the commands: the folder predicts in the base install."""

import gzip
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from helpers.emotional_texts import MAPPING, ROWS, TEXTS

import emograin
from emograin.cli.app import main
from emograin.common.errors import EmograinError
from emograin.common.files import sha256_file
from emograin.prediction.calibrated_folder import link_or_copy
from emograin.prediction.onnx.model import ExportedModel
from emograin.prediction.shipped_model import SHIPPED
from emograin.service.served_model import open_model


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A mapping, a sample with labels, the same texts alone, and a text that cannot be read among them."""
    folder = tmp_path_factory.mktemp("mine")
    (folder / "mine.toml").write_text(MAPPING)
    (folder / "sample.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    (folder / "texts.txt").write_text("\n".join([*(str(row["text"]) for row in ROWS), ""]) + "\n")
    return folder


@pytest.fixture(scope="module")
def calibrated(files):
    """The bundled model, calibrated on the sample."""
    folder = files / "model"
    arguments = ["--data", str(files / "sample.jsonl"), "--mapping", str(files / "mine.toml")]
    assert main(["calibrate", *arguments, "--output", str(folder)]) == 0
    return folder


def test_the_folder_is_a_model_with_the_same_network(calibrated):
    model = ExportedModel(calibrated)
    assert model.taxonomy.labels == ("anger", "joy", "fear")
    assert sha256_file(calibrated / "model.onnx") == sha256_file(SHIPPED / "model.onnx")
    assert (calibrated / "model.onnx").samefile(SHIPPED / "model.onnx") or (calibrated / "model.onnx").is_symlink()
    held_out = model.held_out_scores()
    assert held_out.scores.shape == (len(ROWS), 3)
    assert held_out.labels.sum() == len(ROWS)
    assert str(SHIPPED) not in (calibrated / "model.json").read_text()


def test_it_predicts_explains_and_evaluates(calibrated, files, capsys):
    predictor = emograin.load(calibrated)
    assert [row.labels[0] for row in predictor.predict(["I hate this", "I love you", "I'm terrified"])] == list(TEXTS)
    text = "so annoying"
    words = predictor.predict([text], explain=True)[0].words["anger"]
    assert max(words, key=lambda word: word["weight"])["start"] == text.index("annoying")
    capsys.readouterr()
    assert main(["evaluate", str(calibrated), "--data", str(files / "sample.jsonl"), "--split", "all", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["policies"]["per-label"]["macro_f1"] > 0.8
    served = open_model(calibrated)
    assert served.labels == ("anger", "joy", "fear")
    assert served.metadata()["unions"]["fear"] == ["fear", "nervousness"]


def test_it_can_be_calibrated_and_mapped_again(calibrated, files, capsys):
    two = files / "two.toml"
    two.write_text('[labels]\nbad = ["anger", "fear"]\ngood = "joy"\n')
    again = files / "again"
    arguments = ["--data", str(files / "sample.jsonl"), "--model", str(calibrated)]
    assert main(["calibrate", *arguments, "--mapping", str(two), "--output", str(again), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["labels"]["bad"]["examples"] == 10  # labelled before the mapping, and united
    assert emograin.load(again).predict(["I hate this"])[0].labels == ("bad",)
    assert emograin.load(calibrated, mapping=two).predict(["I love you"])[0].labels == ("good",)
    assert main(["calibrate", *arguments, "--output", str(again)]) == 0  # replaces it
    assert emograin.load(again).labels == ("anger", "joy", "fear")


def test_the_network_that_a_model_links_to_is_not_replaced(calibrated, files, tmp_path, capsys):
    first, second = tmp_path / "first", tmp_path / "second"
    shutil.copytree(calibrated, first)
    shutil.copytree(calibrated, second)
    (second / "model.onnx").unlink()
    (second / "model.onnx").symlink_to(first / "model.onnx")  # as on another file system
    before = (first / "model.onnx").read_bytes()
    command = ["calibrate", "--data", str(files / "sample.jsonl"), "--model", str(second), "--output", str(first)]
    capsys.readouterr()
    assert main(command) == 2
    assert "is a link into the output" in capsys.readouterr().err
    assert (first / "model.onnx").read_bytes() == (second / "model.onnx").read_bytes() == before


@pytest.mark.parametrize("adaptation", ["label-count", "em"])
def test_texts_alone_are_enough_for_a_model(files, capsys, adaptation, tmp_path):
    arguments = ["--data", str(files / "texts.txt"), "--mapping", str(files / "mine.toml"), "--adaptation", adaptation]
    assert main(["calibrate", *arguments, "--output", str(tmp_path / "model"), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["labelled"], report["texts"], report["unreadable"]) == (False, len(ROWS), 1)
    assert emograin.load(tmp_path / "model").predict(["I love you"])[0].labels == ("joy",)
    unlabelled = ["--data", str(files / "sample.jsonl"), "--unlabelled", "--mapping", str(files / "mine.toml")]
    assert main(["calibrate", *unlabelled, "--adaptation", adaptation, "--output", str(tmp_path / "same")]) == 0
    assert ExportedModel(tmp_path / "same").thresholds == ExportedModel(tmp_path / "model").thresholds


def test_only_texts_apart_from_test_are_read(tmp_path, files, capsys):
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "dev.jsonl").write_text((files / "sample.jsonl").read_text())
    (folder / "test.jsonl").write_text('{"text": "x", "labels": ["no such label"]}\n')
    for name, number in ((None, len(ROWS)), ("dev", len(ROWS))):
        arguments = ["--data", str(folder), "--mapping", str(files / "mine.toml"), *(["--split", name] if name else [])]
        assert main(["calibrate", *arguments, "--output", str(tmp_path / f"model-{name}"), "--json"]) == 0
        report = json.loads(capsys.readouterr().out)
        assert (report["split"], report["texts"]) == ("dev", number)


def test_a_sample_that_is_sorted_by_label_is_noticed(files, tmp_path, capsys):
    capsys.readouterr()
    rows = [row for row in ROWS if row["labels"] == ["fear"]]
    for name, given in (("one", rows), ("all", ROWS)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in given))
        arguments = ["--data", str(tmp_path / f"{name}.jsonl"), "--mapping", str(files / "mine.toml")]
        assert main(["calibrate", *arguments, "--output", str(tmp_path / name)]) == 0
        assert ("Only one label occurs in it." in capsys.readouterr().out) == (name == "one")


def test_the_base_install_calibrates_and_predicts(files, tmp_path):
    blocked = "import sys; sys.modules |= dict.fromkeys(['torch', 'transformers', 'sklearn', 'scipy', 'matplotlib']); "
    out = str(tmp_path / "model")
    calls = [
        ["calibrate", "--data", str(files / "sample.jsonl"), "--mapping", str(files / "mine.toml"), "--output", out],
        ["predict", "I love you", "--format", "jsonl", "--model", out],
        ["predict", "I love you", "--format", "jsonl", "--group", "ekman"],
    ]
    code = blocked + f"from emograin.cli.app import main; sys.exit(max([main(each) for each in {calls!r}]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["labels"] for line in done.stdout.splitlines()[-2:]] == [["joy"], ["joy"]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--group", "ekman", "--mapping", "{mine}"], "expected a mapping or a group, got both"),
        (["--group", "ekmann"], "unknown grouping 'ekmann', did you mean 'ekman'"),
        (["--mapping", "none.toml"], "cannot read mapping 'none.toml'"),
        ([], "unknown label"),
        (["--mapping", "{mine}", "--output", str(SHIPPED)], "is the model itself"),
        (["--mapping", "{mine}", "--output", "{files}"], "holds something other than a calibrated model"),
        (["--mapping", "{mine}", "--model", "{run}"], "neither an exported model"),
    ],
)
def test_a_mistake_is_one_line(files, tmp_path, capsys, arguments, said):
    sample = tmp_path / "other.jsonl"
    sample.write_text('{"text": "so angry", "labels": ["rage"]}\n')
    data = sample if not arguments else files / "sample.jsonl"
    places = {"mine": files / "mine.toml", "files": files, "run": tmp_path}
    filled = [each.format(**places) for each in arguments]
    output = [] if "--output" in filled else ["--output", str(tmp_path / "model")]
    assert main(["calibrate", "--data", str(data), *filled, *output]) == 2
    error = capsys.readouterr().err.strip()
    assert len(error.splitlines()) == 1
    assert any(each in error for each in said.split("|")), error
    assert not (tmp_path / "model").exists()


def test_a_sample_of_one_text_and_one_without_its_labels_are_said_or_used(files, tmp_path, capsys):
    one = tmp_path / "one.jsonl"
    one.write_text(json.dumps(ROWS[0]) + "\n")
    arguments = ["--mapping", str(files / "mine.toml"), "--output", str(tmp_path / "model")]
    assert main(["calibrate", "--data", str(one), *arguments]) == 0
    assert "One text is not enough to measure the calibration" in capsys.readouterr().out
    thresholds = ExportedModel(tmp_path / "model").thresholds["per-label"]
    assert all(0.1 < each < 0.6 for each in thresholds)


def test_groups_and_mappings_in_predict(files, tmp_path, capsys):
    assert main(["predict", "I love you", "--group", "sentiment", "--format", "jsonl"]) == 0
    assert json.loads(capsys.readouterr().out)["labels"] == ["positive"]
    source = tmp_path / "in"
    source.mkdir()
    (source / "a.txt").write_text("I love you\n")
    arguments = ["--input", str(source), "--output", str(tmp_path / "out"), "--mapping", str(files / "mine.toml")]
    assert main(["predict", *arguments, "--all-scores"]) == 0
    row = json.loads((tmp_path / "out" / "a.jsonl").read_text())
    assert (row["labels"], set(row["scores"])) == (["joy"], {"anger", "joy", "fear"})


@pytest.mark.parametrize("form", ["names", "model's names", "column", "named column"])
def test_a_mapping_may_have_one_label(tmp_path, capsys, form):
    (tmp_path / "toxic.toml").write_text('[labels]\ntoxic = ["anger", "annoyance", "disgust"]\n')
    mapping = ["--mapping", str(tmp_path / "toxic.toml")]
    assert main(["predict", "I hate you, you idiot", *mapping, "--format", "jsonl"]) == 0
    assert json.loads(capsys.readouterr().out)["labels"] == ["toxic"]
    column, yes, no = {
        "names": ("labels", "toxic", ""),
        "model's names": ("labels", "anger", "joy"),
        "column": ("toxic", 1, 0),
        "named column": ("toxic", 1, 0),
    }[form]
    rows = [{"text": text, column: no if "joy" in labels else yes} for text, labels in map(dict.values, ROWS)]
    (tmp_path / "sample.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    data = ["--data", str(tmp_path / "sample.jsonl"), *(["--label-column", column] if form == "named column" else [])]
    assert main(["evaluate", *data, "--split", "all", *mapping, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["policies"]["fixed"]["labels"]["toxic"]["support"] == 10
    if form == "named column":
        assert main(["calibrate", *data, *mapping, "--output", str(tmp_path / "model")]) == 0
        assert main(["evaluate", str(tmp_path / "model"), *data, "--split", "all"]) == 0
        assert emograin.load(tmp_path / "model").labels == ("toxic",)


def test_0_and_1_are_no_labels_of_the_model_if_a_mapping_has_one_label(tmp_path, capsys):
    (tmp_path / "toxic.toml").write_text('[labels]\ntoxic = ["anger"]\n')
    (tmp_path / "sample.csv").write_text("text,labels\nyou idiot,1\nso glad,0\n")
    arguments = ["--data", str(tmp_path / "sample.csv"), "--mapping", str(tmp_path / "toxic.toml"), "--split", "all"]
    assert main(["evaluate", *arguments]) == 2
    assert "unknown label '1'" in capsys.readouterr().err


def test_a_mapping_in_python_is_a_dictionary():
    values = {"anger": ["anger", "annoyance", "disapproval"], "fear": "fear"}
    found = emograin.load(mapping=values)
    assert found.labels == ("anger", "fear")
    plain = emograin.load()
    scores = found.predict(["I'm terrified", ""]).scores
    assert scores[0, 1] == plain.predict(["I'm terrified"]).scores[0, plain.labels.index("fear")]
    assert np.isnan(scores[1]).all()
    with pytest.raises(EmograinError, match="unknown label of the model 'angre', did you mean 'anger'"):
        emograin.load(mapping={"x": "angre", "y": "joy"})


def test_a_model_without_held_out_scores_cannot_unite_labels(tmp_path):
    folder = shutil.copytree(SHIPPED, tmp_path / "model")
    from emograin.prediction.onnx.description import describe
    from emograin.prediction.onnx.model import FILES

    described = json.loads((folder / "model.json").read_text())
    metadata = {k: v for k, v in described.items() if k not in ("producer", "format", "template", "files", "sha256")}
    files = {name: folder / name for name in FILES}
    content = describe(ExportedModel(folder).template, files, **metadata)
    (folder / "model.json").write_text(json.dumps(content))
    assert emograin.load(folder).predict(["I love you"])[0].labels == ("love",)
    with pytest.raises(EmograinError, match="no held-out scores"):
        emograin.load(folder, group="ekman")
    assert emograin.load(folder, mapping={"a": "love", "b": "joy"}).predict(["I love you"])[0].labels == ("a",)


def test_a_changed_score_map_is_said(calibrated, tmp_path):
    folder = shutil.copytree(calibrated, tmp_path / "model")
    (folder / "score_map.json").write_text("{}")
    with pytest.raises(EmograinError, match=r"score_map\.json.*its sha256 differs"):
        emograin.load(folder)


def test_a_network_is_linked_or_copied(tmp_path, monkeypatch):
    source = tmp_path / "model.onnx"
    source.write_bytes(b"network")
    assert link_or_copy(source, tmp_path / "one") == "hard link"

    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr("os.link", refuse)
    assert link_or_copy(source, tmp_path / "two") == "copy"
    source.unlink()
    assert {(tmp_path / name).read_bytes() for name in ("one", "two")} == {b"network"}


def test_a_killed_calibration_can_be_repeated(files, tmp_path):
    for left in ([".lock"], ["model.onnx", "tokenizer.json", ".lock"], ["model.onnx", "score_map.json.part"]):
        folder = tmp_path / "-".join(left)
        folder.mkdir()
        for name in left:
            (folder / name).write_bytes(b"")
        assert main(["calibrate", "--data", str(files / "texts.txt"), "--output", str(folder)]) == 0
        assert ExportedModel(folder).taxonomy.labels
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep me")
    assert main(["calibrate", "--data", str(files / "texts.txt"), "--output", str(tmp_path / "mine")]) == 2


def test_compressed_texts_have_no_labels(files, tmp_path):
    with gzip.open(tmp_path / "texts.txt.gz", "wb") as file:
        file.write((files / "texts.txt").read_bytes())
    assert main(["calibrate", "--data", str(tmp_path / "texts.txt.gz"), "--output", str(tmp_path / "model")]) == 0
