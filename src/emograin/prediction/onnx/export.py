"""Export a run: a model.onnx with its tokenizer and thresholds, checked against torch before it is written."""

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
import torch
from torch import Tensor, nn

from ...common.errors import EmograinError
from ...common.files import disk_errors, leftovers, resolved, write_atomically
from ...common.locks import locked
from ...common.onnx_runtime import import_onnxruntime
from ...common.optional import import_optional
from ...data.corpus import Corpus, CorpusUnavailable, Split
from ...data.sources import load as load_corpus
from ...evaluation.calibration.held_out_scores import HeldOutScores
from ...models.classifier import load
from ...models.methods import Method
from ...models.run_folder import RunFolder
from .contributions import add_contributions
from .description import InputTemplate, describe
from .graph_optimization import optimize
from .label_directions import compute_directions
from .model import CALIBRATION_REPORT, DEV_SCORES, FILES, SCORE_MAP, ExportedModel
from .quantization import quantize
from .scorer import OnnxScorer
from .verification import TOLERANCE, check_against_torch, compare, measure_int8, score_texts

OPSET = 23  # the first with attention as one operator
CALIBRATION_BATCH = 64  # texts


def export(run: RunFolder, folder: Path, int8: bool = False, dev: Split | None = None) -> dict[str, Any]:
    """Write a run as an exported model.

    The texts of the quickstart corpus, which is part of the package, serve for checking the model against torch, for
    calibrating int8, and for the gradients behind attributions.

    Args:
        run: A finished run.
        folder: Folder to write, created if necessary. An exported model in it is replaced.
        int8: Quantize the weights to 8 bits.
        dev: Split for measuring the loss from int8 and choosing its thresholds; None: the loss is not measured and the
            run's thresholds stay.

    Returns:
        The content of model.json.

    Raises:
        EmograinError: The run is not finished, its encoder cannot be exported, the exported model does not reproduce
            torch's probabilities, or the folder holds something else.
    """
    _require_free(folder)
    thresholds = run.thresholds
    method = load(run).method
    texts = load_corpus("quickstart").split("all").texts
    template = input_template(method)
    tokenizer = serialize_tokenizer(method)
    model = to_onnx(method, template)
    float32_scorer = OnnxScorer(tokenizer, template, model.SerializeToString())
    dev_scores = HeldOutScores.of_run(run)
    checked: dict[str, Any] = {"texts": len(texts), "float32": check_against_torch(method, float32_scorer, texts)}
    float32_scores = score_texts(float32_scorer, texts)
    if int8:
        quantize(model, unpadded_inputs(float32_scorer, texts))
        int8_scorer = OnnxScorer(tokenizer, template, model.SerializeToString())
        checked["int8"] = compare(score_texts(int8_scorer, texts), float32_scores)
        if dev is not None:
            checked["dev"], thresholds, scores = measure_int8(float32_scorer, int8_scorer, dev, thresholds)
            dev_scores = HeldOutScores(scores, dev.labels)
    directions = compute_directions(method, float32_scorer.tokenize(texts)[0], float32_scores)
    settings = run.settings
    names = {
        "data": PurePath(settings.data).name,
        "encoder": PurePath(settings.encoder).name,
        "teacher": ",".join(PurePath(name).name for name in settings.teachers) or None,
    }
    metadata = {
        "weights": "int8" if int8 else "float32",
        "opset": OPSET,
        "tolerance": TOLERANCE,
        "explanations": directions is not None and add_contributions(model, directions),
        "checked": checked,
        "settings": settings.to_dict() | names,
        "versions": {
            "emograin": version("emograin"),
            "torch": torch.__version__,
            "onnxruntime": import_onnxruntime().__version__,
        },
    }
    content = {
        "model.onnx": model.SerializeToString(),
        "tokenizer.json": tokenizer.encode(),
        "taxonomy.json": _json(run.taxonomy.to_dict()),
        "thresholds.json": _json(thresholds),
    }
    if dev_scores is not None:
        content[DEV_SCORES] = dev_scores.to_bytes()
    return _write(folder, content, template, metadata)


def input_template(method: Method) -> InputTemplate:
    """Return the layout of a method's inputs, inferred from the inputs that it makes of a document of one token.

    Raises:
        EmograinError: The method's inputs are not a document between fixed tokens.
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


def serialize_tokenizer(method: Method) -> str:
    """Return the content of tokenizer.json for a method's tokenizer.

    Raises:
        EmograinError: The tokenizer is written in Python.
    """
    if not method.tokenizer.is_fast:
        name = type(method.tokenizer).__name__
        raise EmograinError(f"{name} cannot be exported: it is not a tokenizer of the tokenizers library")
    return cast(str, method.tokenizer.backend_tokenizer.to_str())


class _ProbabilityModule(nn.Module):
    """A method with positional inputs, (batch, tokens) each, and probabilities (batch, labels) as output."""

    def __init__(self, method: Method, names: Sequence[str]):
        super().__init__()
        self.method = method
        self.names = names

    def forward(self, *tensors: Tensor) -> Tensor:
        inputs = dict(zip(self.names, tensors, strict=True))
        return self.method.score(self.method.embed(inputs)).sigmoid()


def to_onnx(method: Method, template: InputTemplate) -> Any:
    """Convert a method to an onnx.ModelProto in float32, for any number and length of texts.

    Args:
        method: A trained method.
        template: The layout of its inputs.

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
                _ProbabilityModule(method, template.inputs).eval(),
                tuple(example[name] for name in template.inputs),
                input_names=list(template.inputs),
                output_names=["probabilities"],
                dynamic_shapes=(tuple({0: dynamic, 1: dynamic} for _ in template.inputs),),
                opset_version=OPSET,
                dynamo=True,
                optimize=False,
                verbose=False,
            )
            # Without onnxscript's fusions: that of rotary embeddings assumes a batch of 1 (docs/log.md).
            optimizer.optimize_ir(program.model)
            optimize(program.model)
            model = program.model_proto
    except Exception as error:  # torch's export errors share no class
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise EmograinError(f"torch cannot export {type(method.encoder).__name__}: {reason}") from error
    del model.graph.value_info[:]  # shapes from before the slices
    return model


def load_dev(run: RunFolder, source: str | None = None) -> Split | None:
    """Load the dev split of the run's corpus, or of another.

    Args:
        run: A run.
        source: Name, folder or file of a corpus; None: the one that the run was trained on.

    Returns:
        The split; None if the run's own corpus is not available.

    Raises:
        CorpusUnavailable: The other corpus is not available.
        EmograinError: The corpus is there and cannot be read, or has other labels.
    """
    settings, taxonomy = run.settings, run.taxonomy
    try:
        corpus: Corpus = load_corpus(source or settings.data, taxonomy, settings.text_column, settings.label_column)
        return corpus.split("dev")
    except CorpusUnavailable:
        if source:
            raise
        return None


def unpadded_inputs(scorer: OnnxScorer, texts: Sequence[str]) -> Iterator[dict[str, np.ndarray]]:
    """Yield the model's inputs for texts, each (batch, tokens), in batches of equal length, so without padding."""
    groups: dict[int, list[list[int]]] = defaultdict(list)
    for document in scorer.tokenize(texts)[0]:
        groups[len(document)].append(document)
    for group in groups.values():
        for start in range(0, len(group), CALIBRATION_BATCH):
            yield scorer.template.assemble(group[start : start + CALIBRATION_BATCH])


def _require_free(folder: Path) -> None:
    """Raise an error if a folder holds something other than an exported model."""
    of_killed = leftovers((*FILES, DEV_SCORES))
    if folder.exists() and (
        not folder.is_dir()
        or (any(path.name not in of_killed for path in folder.iterdir()) and not ExportedModel.is_at(folder))
    ):
        raise EmograinError(f"{str(folder)!r} holds something other than an exported model", "name a new folder")


def _write(
    folder: Path, content: Mapping[str, bytes], template: InputTemplate, metadata: Mapping[str, Any]
) -> dict[str, Any]:
    """Write all files, model.json last: without it the folder is no exported model. Returns its content.

    Raises:
        EmograinError: Another process exports into the folder, or a file cannot be written.
    """
    description_path = folder / "model.json"
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with locked(resolved(folder)):
            description_path.unlink(missing_ok=True)
            for name in {SCORE_MAP, DEV_SCORES, CALIBRATION_REPORT} - content.keys():  # of a model that was here before
                (folder / name).unlink(missing_ok=True)
            for name, value in content.items():
                write_atomically(folder / name, partial(Path.write_bytes, data=value))
            description = describe(template, {name: folder / name for name in content}, **metadata)
            write_atomically(description_path, lambda path: path.write_bytes(_json(description)))
    return cast(dict[str, Any], json.loads(_json(description)))


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence torch's warnings about packages that are not needed here."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
