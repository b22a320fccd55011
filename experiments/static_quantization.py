"""Compare int8 quantization of one run on dev: emograin's own, and ONNX Runtime's static and dynamic quantization.

    python experiments/static_quantization.py RUN --data goemotions --output results/static_quantization.json

The static variants are calibrated on the same texts as emograin's, those of the quickstart corpus. For each variant:
macro F1 on dev at thresholds chosen again there, differences of the probabilities from float32, and texts per second in
batches of 32 and one by one, in interleaved rounds on one thread. Test is not read. ONNX Runtime's SmoothQuant needs
the package neural-compressor; without it, the result says so.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quant_pre_process,
    quantize_dynamic,
    quantize_static,
)

from emograin import data
from emograin.data.corpus import Split
from emograin.evaluation.significance import macro_f1
from emograin.evaluation.threshold_policies import choose
from emograin.evaluation.thresholds import apply_thresholds
from emograin.models.classifier import load
from emograin.models.run_folder import RunFolder
from emograin.prediction.onnx.export import input_template, serialize_tokenizer, to_onnx, unpadded_inputs
from emograin.prediction.onnx.quantization import quantize
from emograin.prediction.onnx.scorer import OnnxScorer
from emograin.prediction.onnx.verification import compare, score_texts

BATCH = 32
POLICIES = ("global", "per-label")
WEIGHTS = {"per_channel": True, "reduce_range": True, "weight_type": QuantType.QInt8}


class TextReader(CalibrationDataReader):
    """Calibration inputs for ONNX Runtime: batches of texts of equal length, without padding."""

    def __init__(self, feeds: Sequence[Mapping[str, np.ndarray]]):
        self._feeds: Iterator[Mapping[str, np.ndarray]] = iter(feeds)

    def get_next(self) -> Any:
        """Return the next inputs, (batch, tokens) by name; None after the last."""
        return next(self._feeds, None)


def build_variants(
    model: onnx.ModelProto, feeds: Sequence[Mapping[str, np.ndarray]], folder: Path
) -> dict[str, bytes | str]:
    """Quantize a model in every way.

    Args:
        model: The float32 model.
        feeds: Calibration inputs, (batch, tokens) by name.
        folder: Folder for temporary files.

    Returns:
        Name -> content of model.onnx, or the reason why that variant could not be made.
    """
    source, prepared = folder / "float32.onnx", folder / "prepared.onnx"
    onnx.save(model, source)
    quant_pre_process(source, prepared, skip_symbolic_shape=True)  # ONNX Runtime's documentation asks for it
    own = onnx.ModelProto()
    own.CopyFrom(model)
    quantize(own, feeds)
    variants: dict[str, bytes | str] = {"float32": model.SerializeToString(), "emograin int8": own.SerializeToString()}

    def static(output: Path, form: QuantFormat, **extra: Any) -> None:
        options = {"quant_format": form, "activation_type": QuantType.QUInt8, **WEIGHTS, "extra_options": extra}
        quantize_static(prepared, output, TextReader(feeds), **options)

    products = {"MatMulConstBOnly": True}
    makers: dict[str, Callable[[Path], None]] = {
        "quantize_static, QDQ": lambda path: static(path, QuantFormat.QDQ, **products),
        "quantize_static, QDQ, products and embeddings only": lambda path: quantize_static(
            prepared,
            path,
            TextReader(feeds),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            op_types_to_quantize=["MatMul", "Gather"],
            extra_options=products,
            **WEIGHTS,
        ),
        "quantize_static, QOperator": lambda path: static(path, QuantFormat.QOperator, **products),
        "quantize_static, QDQ, SmoothQuant": lambda path: static(
            path, QuantFormat.QDQ, SmoothQuant=True, SmoothQuantAlpha=0.5, **products
        ),
        # Products and embeddings only: its replacement for Attention is another operator of that name, which fails.
        "quantize_dynamic": lambda path: quantize_dynamic(
            prepared, path, op_types_to_quantize=["MatMul", "Gather"], extra_options=products, **WEIGHTS
        ),
    }
    for number, (name, make) in enumerate(makers.items()):
        if "SmoothQuant" in name and find_spec("neural_compressor") is None:
            variants[name] = "not available: ONNX Runtime's SmoothQuant needs the package neural-compressor"
            continue
        try:
            make(folder / f"{number}.onnx")
            variants[name] = (folder / f"{number}.onnx").read_bytes()
        except Exception as error:  # an outcome of the comparison
            variants[name] = f"failed: {type(error).__name__}: {next(iter(str(error).splitlines()), '')[:200]}"
    return variants


def measure_quality(scores: np.ndarray, reference: np.ndarray, dev: Split) -> dict[str, Any]:
    """Return macro F1 at thresholds chosen on dev, and differences of probabilities (texts, labels) from float32."""
    chosen = choose(scores, dev.labels)
    found = {name: round(macro_f1(apply_thresholds(scores, chosen[name]), dev.labels), 4) for name in POLICIES}
    return {"macro_f1": found, "difference_from_float32": compare(scores, reference)}


def measure_speed(
    scorers: Mapping[str, OnnxScorer], texts: Sequence[str], singles: int, rounds: int
) -> dict[str, dict[str, Any]]:
    """Return texts per second of each variant in batches of `BATCH` and one by one: medians over interleaved rounds.

    Args:
        scorers: The variants by name, the first is the reference of the ratios.
        texts: Texts for the batches.
        singles: Number of texts scored one by one.
        rounds: Number of rounds.
    """
    seconds: dict[str, dict[str, list[float]]] = {name: {"batches": [], "one by one": []} for name in scorers}
    for _ in range(rounds):
        for name, scorer in scorers.items():
            documents = sorted(scorer.tokenize(texts)[0], key=len)
            batches = [documents[at : at + BATCH] for at in range(0, len(documents), BATCH)]
            for way, parts in (
                ("batches", batches),
                ("one by one", [[each] for each in documents[:: len(documents) // singles]]),
            ):
                inputs = [scorer.template.assemble(part) for part in parts]
                began = time.perf_counter()
                for each in inputs:
                    next(scorer.session.run(["probabilities"], lambda batch: batch, [each]))
                seconds[name][way].append((time.perf_counter() - began) / sum(map(len, parts)))
    first = next(iter(scorers))
    return {
        name: {
            way: {
                "texts_per_second": round(1 / statistics.median(times), 1),
                f"speed_up_over_{first}": round(
                    statistics.median([a / b for a, b in zip(seconds[first][way], times, strict=True)]), 2
                ),
            }
            for way, times in ways.items()
        }
        for name, ways in seconds.items()
    }


def measure_batch_dependence(scorer: OnnxScorer, texts: Sequence[str]) -> float:
    """Return the largest difference between the probabilities of texts in batches and one by one."""
    documents = scorer.tokenize(texts)[0]
    alone = np.concatenate([scorer.score([document]) for document in documents])
    return compare(scorer.score(documents), alone)["maximum"]


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="run folder")
    parser.add_argument("--data", default="goemotions", help="corpus; only its dev split is read")
    parser.add_argument("--texts", type=int, default=1024, help="number of dev texts for the speed")
    parser.add_argument("--singles", type=int, default=200, help="number of them that are also scored one by one")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=Path, help="JSON file to write")
    options = parser.parse_args()
    run = RunFolder(options.run)
    dev = data.load(options.data, run.taxonomy).split("dev")
    method = load(run).method
    template, tokenizer = input_template(method), serialize_tokenizer(method)
    model = to_onnx(method, template)
    reference = OnnxScorer(tokenizer, template, model.SerializeToString(), threads=1)
    feeds = list(unpadded_inputs(reference, data.load("quickstart").split("all").texts))
    with tempfile.TemporaryDirectory() as folder:
        variants = build_variants(model, feeds, Path(folder))
    found: dict[str, dict[str, Any]] = {}
    scorers: dict[str, OnnxScorer] = {}
    expected = score_texts(reference, dev.texts)
    for name, content in variants.items():
        if isinstance(content, str):
            found[name] = {"note": content}
            continue
        try:
            scorers[name] = OnnxScorer(tokenizer, template, content, threads=1)
            found[name] = {
                "megabytes": round(len(content) / 1e6, 1),
                **measure_quality(score_texts(scorers[name], dev.texts), expected, dev),
                "largest_difference_alone": measure_batch_dependence(scorers[name], dev.texts[: options.singles]),
            }
        except Exception as error:  # a variant that ONNX Runtime writes but cannot run is an outcome as well
            scorers.pop(name, None)
            found[name] = {"note": f"does not run: {str(error).splitlines()[0][:200]}"}
        print(name, found[name], flush=True)
    drawn = np.random.default_rng(0).permutation(len(dev))[: options.texts]
    texts = [dev.texts[at] for at in drawn]
    singles = min(options.singles, len(texts))
    for name, speed in measure_speed(scorers, texts, singles, options.rounds).items():
        found[name]["speed"] = speed
        print(name, speed)
    result = {
        "method": run.settings.method,
        "dev_texts": len(dev),
        "calibration_texts": len(data.load("quickstart").split("all")),
        "threads": 1,
        "rounds": options.rounds,
        "versions": {name: version(name) for name in ("onnxruntime", "onnx")},
        "variants": found,
    }
    if options.output:
        options.output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
