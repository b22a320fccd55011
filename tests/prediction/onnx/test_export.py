"""Export of every method on every encoder family: the scores of torch, for any texts and batches."""

import json
import shutil

import numpy as np
import onnxruntime
import pytest
import torch

import emograin
from emograin.cli.app import main
from emograin.common.errors import EmograinError
from emograin.evaluation.calibration.held_out_scores import HeldOutScores
from emograin.models import encoder
from emograin.models.methods import METHODS
from emograin.models.scoring import TorchScorer
from emograin.prediction.model_source import open_source
from emograin.prediction.onnx import export as onnx_export
from emograin.prediction.onnx import scorer as onnx_scorer
from emograin.prediction.onnx.export import export, input_template, serialize_tokenizer, to_onnx
from emograin.prediction.onnx.quantization import quantize
from emograin.prediction.onnx.scorer import OnnxScorer
from emograin.prediction.onnx.verification import check_against_torch, compare, score_texts
from emograin.prediction.predictor import Predictor
from emograin.training.loop import train

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")

TEXTS = [
    "I am so Happy for [NAME]!",
    "the train",
    "",
    " \t ",
    "a long letter " * 12 + "on the table",
    "[SEP] [CLS] </s> <s> [PAD] <pad> [MASK] so [ NAME ] [NAME][RELIGION]",
    "CAFÉ 日本語 🙂👍🏽 a\u0301 \u200b\ufeff x\x00y \r\n z",
    "x" * 3000,
]


@pytest.fixture(scope="module", params=METHODS)
def method(request, any_encoder, taxonomy):
    """Every method on each encoder."""
    return build(request.param, any_encoder, taxonomy)


def build(name, folder, taxonomy):
    torch.manual_seed(0)
    made = METHODS[name](encoder.load(str(folder), taxonomy.placeholders), taxonomy, 20).eval()
    with torch.no_grad():
        for parameter in made.parameters():
            if parameter.ndim == 2:
                parameter.mul_(10)  # as initialized, scores hardly depend on the text
    return made


@pytest.fixture(scope="module")
def exported(method):
    """The method as an ONNX model."""
    return to_onnx(method, input_template(method))


@pytest.fixture(scope="module")
def scorer(method, exported):
    """The exported model as a scorer."""
    return OnnxScorer(serialize_tokenizer(method), input_template(method), exported.SerializeToString())


def torch_scores(method, texts):
    with torch.inference_mode():
        return np.concatenate([method.score(method.embed(method.inputs([text]))).sigmoid().numpy() for text in texts])


def test_long_texts_are_read_whole_by_both(method, scorer, taxonomy):
    text = "I am so Happy for [NAME]! " + "a long letter " * 12 + "on the table.\nthe train. " + "x" * 300
    ours, theirs = (
        Predictor(taxonomy, [0.5] * 4, each).predict([text], segments=True) for each in (scorer, TorchScorer(method))
    )
    assert ours.scores == pytest.approx(theirs.scores, abs=1e-4)
    assert ours[0].segments.spans.tolist() == theirs[0].segments.spans.tolist()
    assert [text[start:end][:9] for start, end in ours[0].segments.spans] == [
        "I am so H",
        "a long le",
        "the train",
        "x" * 9,
    ]
    assert ours[0].segments.scores == pytest.approx(theirs[0].segments.scores, abs=1e-4)


def test_inputs_are_those_of_the_method(method, scorer):
    documents, cut = scorer.tokenize(TEXTS)
    assert documents == method.tokenize(TEXTS)
    assert cut.tolist() == TorchScorer(method).tokenize(TEXTS)[1].tolist()
    assert cut.any()
    assert not cut.all()
    theirs, ours = method.assemble(documents), scorer.template.assemble(documents)
    assert list(theirs) == list(ours)
    for name, tensor in theirs.items():
        assert np.array_equal(tensor.numpy(), ours[name]), name


def test_scores_equal_torch_in_a_batch_and_alone(method, scorer):
    expected = torch_scores(method, TEXTS)
    assert np.ptp(expected, axis=0).max() > 0.05  # the texts differ, so that equal scores mean something
    together = score_texts(scorer, TEXTS)
    alone = np.concatenate([score_texts(scorer, [text]) for text in TEXTS])
    np.testing.assert_allclose(together, expected, atol=1e-5)
    np.testing.assert_allclose(alone, expected, atol=1e-5)


def test_batches_of_any_size_and_length_work(method, scorer):
    many = [f"page {number} " * (1 + number % 7) for number in range(150)]
    np.testing.assert_allclose(score_texts(scorer, many), torch_scores(method, many), atol=1e-5)


def test_the_last_layer_computes_only_the_rows_that_are_used(exported, method):
    copy = onnx.ModelProto()
    copy.CopyFrom(exported)
    nodes = list(copy.graph.node)
    end = max(at for at, node in enumerate(nodes) if node.op_type == "LayerNormalization")
    products = [node.output[0] for node in nodes[:end] if node.op_type in ("MatMul", "Gemm")]
    copy.graph.output.append(onnx.helper.make_empty_tensor_value_info(products[-1]))  # of the last feed-forward part
    session = onnxruntime.InferenceSession(copy.SerializeToString(), providers=["CPUExecutionProvider"])
    tensors = {name: each.numpy() for name, each in method.inputs(TEXTS).items()}
    (found,) = session.run([products[-1]], {each.name: tensors[each.name] for each in session.get_inputs()})
    width = tensors["input_ids"].shape[1]
    assert found.shape[1] <= (method.tokens_read or width)  # label embeddings leave out [CLS], too
    assert (method.tokens_read or 0) < width


def test_the_model_carries_no_notes_of_the_machine_that_exported_it(exported):
    graph = exported.graph
    for each in (exported, graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        assert not each.doc_string
        assert not each.metadata_props


def test_one_batch_per_thread_gives_the_same_scores_in_order(method, exported, monkeypatch):
    monkeypatch.setattr(onnx_scorer, "BATCH_TOKENS", 60)
    scorers = [
        OnnxScorer(serialize_tokenizer(method), input_template(method), exported.SerializeToString(), threads)
        for threads in (1, 3)
    ]
    texts = [f"page {number} " * (1 + number % 7) for number in range(400)]
    seen = []
    one, three = (scorer.score(scorer.tokenize(texts)[0], seen.append) for scorer in scorers)
    assert np.array_equal(one, three)
    assert np.ptp(one, axis=0).max() > 0.01
    assert sum(seen) == 2 * len(texts)


def test_an_error_in_one_of_many_batches_is_raised(method, scorer):
    documents = scorer.tokenize(["page"])[0] * 2000
    documents[1234] = [10**9]  # no such word piece
    with pytest.raises(Exception, match="indices element out of data bounds"):
        scorer.score(documents)
    assert scorer.score(documents[:500]).shape == (500, len(method.taxonomy.labels))


def test_only_activations_with_outlier_channels_are_smoothed():
    """Smoothing adds a multiplication in front of a product."""
    random = np.random.default_rng(0)
    plain = random.normal(size=(4, 64, 32)).astype(np.float32)
    outlier = plain * np.where(np.arange(32) == 3, 100, 1).astype(np.float32)
    helper, types = onnx.helper, onnx.TensorProto
    weight = random.normal(size=(32, 16)).astype(np.float32)
    weight[3] /= 100
    for values, expected in ((plain, 0), (outlier, 1)):
        graph = helper.make_graph(
            [helper.make_node("MatMul", ["a", "b"], ["c"])],
            "product",
            [helper.make_tensor_value_info("a", types.FLOAT, [None, None, 32])],
            [helper.make_tensor_value_info("c", types.FLOAT, None)],
            [onnx.numpy_helper.from_array(weight, "b")],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
        quantize(model, [{"a": values}])
        assert [node.op_type for node in model.graph.node].count("Mul") == expected
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        found, right = session.run(None, {"a": values})[0], values @ weight
        assert np.abs(found - right).mean() < 0.02 * np.abs(right).mean()


def test_int8_scores_are_close_and_do_not_depend_on_the_batch(method, exported, scorer):
    small = type(exported)()
    small.CopyFrom(exported)
    documents = scorer.tokenize(TEXTS * 4)[0]
    quantize(small, [scorer.template.assemble([document]) for document in documents[: len(TEXTS)]])
    int8 = OnnxScorer(serialize_tokenizer(method), input_template(method), small.SerializeToString())
    together = int8.score(documents)
    alone = np.concatenate([int8.score([document]) for document in documents])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    found = compare(together, scorer.score(documents))
    assert 0 < found["maximum"] < 0.1
    kinds = {node.op_type for node in small.graph.node}
    assert "MatMulIntegerToFloat" in kinds
    assert small.ByteSize() < exported.ByteSize()


def test_a_model_that_differs_from_torch_is_rejected(method, scorer):
    texts = ["so happy today", "the train leaves"]
    assert check_against_torch(method, scorer, texts)["maximum"] < 1e-5
    other = type(method)(encoder.Encoder(method.encoder, method.tokenizer), method.taxonomy, 20).eval()
    with pytest.raises(EmograinError, match=r"the exported network differs from torch by .*, expected at most 0.0001"):
        check_against_torch(other, scorer, texts)


@pytest.fixture(scope="module")
def run(settings, corpus, tmp_path_factory):
    """A finished run."""
    from emograin.models.run_folder import RunFolder

    folder = RunFolder(tmp_path_factory.mktemp("run") / "tiny")
    train(settings, corpus, folder)
    return folder


def test_the_exported_folder_records_its_checks(run, corpus, tmp_path):
    found = export(run, tmp_path / "out", int8=True, dev=corpus.split("dev"))
    assert found == json.loads((tmp_path / "out" / "model.json").read_text())
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "dev_scores.npz",
        "model.json",
        "model.onnx",
        "taxonomy.json",
        "thresholds.json",
        "tokenizer.json",
    ]
    checked = found["checked"]
    assert 0 < checked["float32"]["maximum"] < 1e-4 < checked["int8"]["maximum"] < 0.1
    assert checked["dev"]["texts"] == 20
    assert set(checked["dev"]["macro_f1"]) == {"fixed", "global", "per-label"}
    assert "/" not in found["settings"]["data"] + found["settings"]["encoder"]


def test_groups_are_predicted_from_runs_and_exports_alike(run, corpus, tmp_path):
    export(run, tmp_path / "out")
    theirs, ours = (emograin.load(path, group="tone") for path in (run.path, tmp_path / "out"))
    assert theirs.labels == ours.labels == ("good", "bad", "plain")
    texts = corpus.split("test").texts
    np.testing.assert_allclose(ours.predict(texts).scores, theirs.predict(texts).scores, atol=0.02)  # a byte per score
    words = ours.predict(texts[:1], explain=True)[0].words
    assert set(words) == set(ours.predict(texts[:1])[0].labels)


def test_an_export_replaces_a_calibrated_model_and_all_its_files(run, tmp_path):
    exported, calibrated = tmp_path / "exported", tmp_path / "calibrated"
    export(run, exported)
    sample = tmp_path / "sample.txt"
    sample.write_text("so happy\nso sad\n")
    flags = ["--unlabelled", "--adaptation", "label-count"]
    assert (
        main(["calibrate", "--data", str(sample), *flags, "--model", str(exported), "--output", str(calibrated)]) == 0
    )
    assert (calibrated / "calibration.json").exists()
    export(run, calibrated)
    assert {each.name for each in calibrated.iterdir()} == {each.name for each in exported.iterdir()}
    assert open_source(calibrated).score_map is None


def test_a_folder_with_other_files_is_not_touched(run, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(EmograinError, match="holds something other than an exported model"):
        export(run, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_an_interrupted_export_leaves_no_loadable_model(run, tmp_path, monkeypatch):
    export(run, tmp_path)

    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(onnx_export, "describe", stopped)
    with pytest.raises(KeyboardInterrupt):
        export(run, tmp_path)
    import emograin

    with pytest.raises(EmograinError, match=r"has no model\.json"):
        emograin.load(tmp_path)


def test_the_command_prints_a_summary(run, tmp_path, capsys):
    assert main(["export", str(run.path), str(tmp_path / "out"), "--int8"]) == 0
    shown = capsys.readouterr().out
    assert "float32 against torch, 1,103 texts" in shown
    assert "macro F1, per-label" in shown
    assert main(["export", str(run.path), str(tmp_path / "out"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["weights"] == "float32"


@pytest.fixture
def copied(run, tmp_path):
    """A copy of the finished run, to be changed."""
    return type(run)(shutil.copytree(run.path, tmp_path / "copy"))


def test_damaged_scores_on_dev_are_an_error_and_missing_ones_are_not(copied):
    assert HeldOutScores.of_run(copied) is not None
    path = copied.path / "scores" / "dev.npz"
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(EmograinError, match=r"cannot read .*dev\.npz"):
        HeldOutScores.of_run(copied)
    path.unlink()
    assert HeldOutScores.of_run(copied) is None


def test_the_corpus_of_a_run_that_is_there_but_does_not_fit_is_an_error(copied):
    def with_data(name):
        copied.write_json(
            "run.json", copied.description | {"settings": copied.description["settings"] | {"data": name}}
        )
        return type(copied)(copied.path)

    with pytest.raises(EmograinError, match="unknown label"):
        onnx_export.load_dev(with_data("quickstart"))  # it has other labels
    assert onnx_export.load_dev(with_data("renamed")) is None
    assert onnx_export.load_dev(with_data("owner/not-in-the-cache")) is None


def test_a_run_without_its_corpus_is_exported_without_measuring_the_loss(run, tmp_path):
    assert onnx_export.load_dev(run) is not None
    described = run.description
    described["settings"]["data"] = str(tmp_path / "gone")
    run.write_json("run.json", described)
    changed = type(run)(run.path)
    assert onnx_export.load_dev(changed) is None
    with pytest.raises(EmograinError, match="no such file or folder"):
        onnx_export.load_dev(changed, str(tmp_path / "gone"))
    (tmp_path / "gone").mkdir()
    (tmp_path / "gone" / "dev.jsonl").write_text('{"text": "a", "labels": ["unknown"]}\n')
    with pytest.raises(EmograinError, match="unknown label 'unknown'"):
        onnx_export.load_dev(changed)
