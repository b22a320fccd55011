"""A trained method as an exported model, checked against torch on real texts before it is written."""

import json
import logging
import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path, PurePath
from typing import Any, cast

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from ...common.errors import EmograinError
from ...common.files import write_atomically
from ...common.optional import import_optional
from ...data.corpus import Corpus, Split, fingerprint
from ...data.sources import load as load_corpus
from ...evaluation.thresholds import choose, f1, predicted
from ...models.classifier import load
from ...models.methods import Method
from ...models.run_folder import RunFolder
from ...models.scoring import score_documents
from . import contributions as onnx_explanation
from . import graph_optimization as onnx_graph
from . import quantization as onnx_int8
from .label_directions import directions_of
from .model import FILES, ExportedModel, InputTemplate, OnnxScorer, describe

OPSET = 23  # the first with attention as one operator
TOLERANCE = 1e-4  # between torch's probabilities and the float32 network's
TEXTS_AT_ONCE = 64


def export(run: RunFolder, folder: Path, int8: bool = False, dev: Split | None = None) -> dict[str, Any]:
    """Write a run as an exported model.

    The texts of the quickstart corpus, which ships with the package, check the network against torch, text by text and
    in batches, and measure the ranges that int8 needs and the directions that explanations need.

    Args:
        run: A finished run.
        folder: Where to; made unless it is there. An exported model that is there is replaced.
        int8: Weights in 8 bits instead of float32.
        dev: The split on which the loss of int8 is measured and its thresholds are chosen; None leaves the loss
            unmeasured and keeps the run's thresholds.

    Returns:
        What is in model.json.

    Raises:
        EmograinError: The run is not finished, its encoder cannot be exported, the network's probabilities are not
            torch's, or the folder holds something else.
    """
    _check_free(folder)
    thresholds = run.thresholds
    method = load(run).method
    texts = load_corpus("quickstart").split("all").texts
    template = input_template(method)
    tokenizer = backend_of(method)
    model = network_of(method, template)
    whole = OnnxScorer(tokenizer, template, model.SerializeToString())
    checked: dict[str, Any] = {"texts": len(texts), "float32": check(method, whole, texts)}
    if int8:
        onnx_int8.quantise(model, _without_padding(whole, texts))
        small = OnnxScorer(tokenizer, template, model.SerializeToString())
        checked["int8"] = compared(scores_of(small, texts), scores_of(whole, texts))
        if dev is not None:
            checked["dev"], thresholds = loss(whole, small, dev, thresholds)
    directions = directions_of(method, whole.tokenize(texts)[0], scores_of(whole, texts))
    settings = run.settings
    names = {
        "data": PurePath(settings.data).name,
        "encoder": PurePath(settings.encoder).name,
        "teacher": ",".join(PurePath(name).name for name in settings.teachers) or None,
    }
    facts = {
        "weights": "int8" if int8 else "float32",
        "opset": OPSET,
        "tolerance": TOLERANCE,
        "explanations": directions is not None and onnx_explanation.explain(model, directions),
        "checked": checked,
        "settings": settings.to_dict() | names,
        "versions": {
            "emograin": version("emograin"),
            "torch": torch.__version__,
            "onnxruntime": onnxruntime.__version__,
        },
    }
    content = {
        "model.onnx": model.SerializeToString(),
        "tokenizer.json": tokenizer.encode(),
        "taxonomy.json": _json(run.taxonomy.to_dict()),
        "thresholds.json": _json(thresholds),
    }
    return _write(folder, content, template, facts)


def input_template(method: Method) -> InputTemplate:
    """How a method's inputs are made of documents, read off from what it makes of a document of one token.

    Raises:
        EmograinError: Its inputs are not a document between fixed tokens.
    """
    empty = method.assemble([[]])["input_ids"][0].tolist()
    unused = next(at for at in range(len(empty) + 2) if at not in empty and at != method.tokenizer.pad_token_id)
    one = {name: tensor[0].tolist() for name, tensor in method.assemble([[unused]]).items()}
    at = one["input_ids"].index(unused)
    token_type = one.get("token_type_ids", [0] * len(one["input_ids"]))[at]
    prefix, suffix = tuple(one["input_ids"][:at]), tuple(one["input_ids"][at + 1 :])
    pad = cast(int, method.tokenizer.pad_token_id)
    template = InputTemplate(prefix, suffix, token_type, pad, method.max_document_tokens, tuple(one))
    documents = [[unused] * method.max_document_tokens, [], [unused] * 3]
    theirs, ours = method.assemble(documents), template.assemble(documents)
    if any(not np.array_equal(theirs[name].cpu().numpy(), ours[name]) for name in theirs):
        raise EmograinError(
            f"{type(method).__name__} cannot be exported: its inputs are not a document between fixed tokens"
        )
    return template


def backend_of(method: Method) -> str:
    """The method's tokenizer, as the tokenizers library writes it.

    Raises:
        EmograinError: It is one of Python code.
    """
    if not method.tokenizer.is_fast:
        name = type(method.tokenizer).__name__
        raise EmograinError(f"{name} cannot be exported: it is not of the tokenizers library")
    return cast(str, method.tokenizer.backend_tokenizer.to_str())


class _Network(nn.Module):
    """Token tensors, by position -> probabilities (batch, labels)."""

    def __init__(self, method: Method, names: Sequence[str]):
        super().__init__()
        self.method = method
        self.names = names

    def forward(self, *tensors: Tensor) -> Tensor:
        inputs = dict(zip(self.names, tensors, strict=True))
        return self.method.score(self.method.embed(inputs)).sigmoid()


def network_of(method: Method, template: InputTemplate) -> Any:
    """A method as an onnx.ModelProto in float32, of any batch and length.

    Raises:
        EmograinError: torch cannot export the encoder.
    """
    import_optional("onnx", "export")
    optimizer = import_optional("onnxscript.optimizer", "export")
    example = method.assemble([[*template.prefix, *template.suffix][:3] * 2, [template.suffix[0]]])
    dynamic = torch.export.Dim.DYNAMIC
    try:
        with _quiet(), torch.no_grad():
            program: Any = torch.onnx.export(
                _Network(method, template.inputs).eval(),
                tuple(example[name] for name in template.inputs),
                input_names=list(template.inputs),
                output_names=["probabilities"],
                dynamic_shapes=(tuple({0: dynamic, 1: dynamic} for _ in template.inputs),),
                opset_version=OPSET,
                dynamo=True,
                optimize=False,
                verbose=False,
            )
            # Without onnxscript's fusions: that of rotary positions takes caches of batch 1 for ones of any batch.
            optimizer.optimize_ir(program.model)
            model = program.model_proto
    except Exception as error:  # torch's errors of export share no class
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise EmograinError(f"torch cannot export {type(method.encoder).__name__}: {reason}") from error
    onnx_graph.simplify(model)
    return model


def check(method: Method, scorer: OnnxScorer, texts: Sequence[str]) -> dict[str, float]:
    """The network beside torch on texts, in batches and some alone.

    Raises:
        EmograinError: They read other word pieces, or their probabilities differ by more than `TOLERANCE`.
    """
    documents, _ = scorer.tokenize(texts)
    if documents != method.tokenize(texts):
        raise EmograinError("the exported tokenizer reads other word pieces than the run's")
    expected = score_documents(method, documents)
    found = compared(scorer.score(documents), expected)
    alone = np.concatenate([scorer.score([document]) for document in documents[:TEXTS_AT_ONCE]])
    found["maximum_alone"] = compared(alone, expected[:TEXTS_AT_ONCE])["maximum"]
    if not max(found["maximum"], found["maximum_alone"]) <= TOLERANCE:
        raise EmograinError(
            f"the exported network differs from torch by {found['maximum']:.2g} in batches and by "
            f"{found['maximum_alone']:.2g} alone, expected at most {TOLERANCE:g}"
        )
    return found


def compared(scores: np.ndarray, others: np.ndarray) -> dict[str, float]:
    """The largest and the mean absolute difference of two arrays of probabilities (texts, labels)."""
    apart = np.abs(scores.astype(np.float64) - others)
    return {"maximum": float(apart.max()), "mean": float(apart.mean())}


def scores_of(scorer: OnnxScorer, texts: Sequence[str]) -> np.ndarray:
    """Probabilities of texts (texts, labels)."""
    return scorer.score(scorer.tokenize(texts)[0])


def loss(
    whole: OnnxScorer, small: OnnxScorer, dev: Split, thresholds: Mapping[str, Sequence[float]]
) -> tuple[dict[str, Any], dict[str, list[float]]]:
    """What int8 costs on a split, and thresholds chosen on its own scores.

    Returns:
        Differences of probabilities and, for each policy, macro F1 before, after at the same thresholds, and after at
        thresholds of its own; then those thresholds.
    """
    before, after = scores_of(whole, dev.texts), scores_of(small, dev.texts)
    own = choose(after, dev.labels)
    figures = {
        policy: {
            "float32": macro_f1(predicted(before, chosen), dev.labels),
            "int8_same_thresholds": macro_f1(predicted(after, chosen), dev.labels),
            "int8": macro_f1(predicted(after, own[policy]), dev.labels),
        }
        for policy, chosen in thresholds.items()
    }
    return {"texts": len(dev), "fingerprint": fingerprint(dev), **compared(after, before), "macro_f1": figures}, own


def macro_f1(guesses: np.ndarray, labels: np.ndarray) -> float:
    """The mean of the labels' F1, of predictions and labels (texts, labels) of 0 and 1."""
    return float(f1((guesses & (labels > 0)).sum(axis=0), guesses.sum(axis=0), labels.sum(axis=0)).mean())


def dev_of(run: RunFolder, source: str | None = None) -> Split | None:
    """The dev split of the corpus that a run was trained on, or of another; None where it is not at hand.

    Raises:
        EmograinError: `source` is given and cannot be read, or has other labels.
    """
    settings, taxonomy = run.settings, run.taxonomy
    try:
        corpus: Corpus = load_corpus(source or settings.data, taxonomy, settings.text_column, settings.label_column)
        return corpus.split("dev")
    except EmograinError:
        if source:
            raise
        return None


def _without_padding(scorer: OnnxScorer, texts: Sequence[str]) -> Iterator[dict[str, np.ndarray]]:
    """Inputs of texts, those of one length together."""
    groups: dict[int, list[list[int]]] = defaultdict(list)
    for document in scorer.tokenize(texts)[0]:
        groups[len(document)].append(document)
    for group in groups.values():
        for start in range(0, len(group), TEXTS_AT_ONCE):
            yield scorer.template.assemble(group[start : start + TEXTS_AT_ONCE])


def _check_free(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not ExportedModel.is_at(folder))):
        raise EmograinError(f"{str(folder)!r} holds something else than an exported model", "name a new folder")


def _write(
    folder: Path, content: Mapping[str, bytes], template: InputTemplate, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """All files, model.json last: without it the folder is no model."""
    described = folder / "model.json"
    described.unlink(missing_ok=True)
    for name, value in content.items():
        write_atomically(folder / name, partial(Path.write_bytes, data=value))
    description = describe(template, {name: folder / name for name in FILES}, **facts)
    write_atomically(described, lambda path: path.write_bytes(_json(description)))
    return cast(dict[str, Any], json.loads(_json(description)))


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what torch says of packages that are not needed here."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
