"""Throughput, latency, first answer and memory of prediction, compared with transformers on the same weights.

    emograin export RUN INT8 --int8; emograin export RUN FLOAT32
    python benchmarks/prediction_speed.py --data DIR --run RUN --model INT8 --float32 FLOAT32

Interleaved in one process, on the same test texts: emograin with int8 and with float32 weights, and the
text-classification pipeline of `transformers` with torch on the run's own module and inputs, one text at a time (its
default) and in padded batches of 32. Then the time of the int8 model's integer products alone, at the rate that
products of their shapes reach on this machine. First answers and peak memory are measured in new processes; for
transformers, the first answer is that of the encoder only.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path, PurePath
from typing import Any, cast

import numpy as np
import torch
import transformers
from machine import add_result
from transformers.modeling_outputs import SequenceClassifierOutput

import emograin
from emograin import data
from emograin.data.batching import token_budget_batches
from emograin.models.classifier import load as load_classifier
from emograin.models.encoder import quiet
from emograin.models.methods import Method
from emograin.models.run_folder import RunFolder
from emograin.prediction.onnx.model import ExportedModel
from emograin.prediction.onnx.scorer import BATCH_TOKENS

BATCH = 32
PAUSE = 0.5  # seconds before each measurement: idle threads of the previous one spin for a while
# emograin's memory is measured without this file, which imports torch.
OURS = """
import emograin, json, re, sys
emograin.load(sys.argv[1]).predict(json.load(open(sys.argv[2])))
print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
"""
PIPELINE, BATCHED, INT8, FLOAT32 = "transformers, one at a time", f"transformers, batches of {BATCH}", "int8", "float32"
FIRST = {
    "emograin": "import emograin; print(emograin.load({path!r}).predict(['what a day'])[0].labels, flush=True)",
    "transformers": (
        "import torch; from transformers import AutoModel, AutoTokenizer; path = {path!r};"
        "tokenizer, model = AutoTokenizer.from_pretrained(path), AutoModel.from_pretrained(path).eval();"
        "inputs = tokenizer(['what a day'], return_tensors='pt');"
        "print(torch.inference_mode()(model)(**inputs).last_hidden_state.shape, flush=True)"
    ),
}


class Wrapped(transformers.PreTrainedModel):
    """A trained method as a model for a transformers pipeline."""

    config_class = transformers.PreTrainedConfig
    _supports_sdpa = True

    def __init__(self, method: Method):
        config = method.encoder.config
        config.id2label = dict(enumerate(method.taxonomy.labels))
        config.problem_type = "multi_label_classification"
        super().__init__(config)
        self.method = method

    def forward(self, **inputs: torch.Tensor) -> SequenceClassifierOutput:
        """Return logits (batch, labels) for token tensors (batch, tokens)."""
        return SequenceClassifierOutput(logits=self.method.score(self.method.embed(inputs)))


class Pipeline(transformers.TextClassificationPipeline):
    """The pipeline of transformers, with the inputs of the method."""

    def check_model_type(self, supported_models: Any) -> None:
        """Accept any model that returns logits."""

    def preprocess(self, inputs: Any, **tokenizer_kwargs: Any) -> Any:  # type: ignore[override] # noqa: ARG002
        """Return token tensors (1, tokens) for a text."""
        return cast(Wrapped, self.model).method.inputs([inputs])


def load_pipeline(run: Path) -> Pipeline:
    """Load a run into a pipeline that returns the probabilities of all labels."""
    with quiet():
        method = load_classifier(RunFolder(run)).method
        model = Wrapped(method).eval()
        return Pipeline(model=model, tokenizer=method.tokenizer, function_to_apply="sigmoid", top_k=None)


def as_array(found: Sequence[Sequence[dict[str, Any]]], labels: Sequence[str]) -> np.ndarray:
    """Convert the output of a pipeline to probabilities (texts, labels)."""
    rows = [{each["label"]: each["score"] for each in row} for row in found]
    return np.array([[row[label] for label in labels] for row in rows])


def bare_products(model: Path, texts: Sequence[str]) -> float:
    """Return the seconds that a model's integer products take on texts, at the rate of products of the same shapes."""
    import onnx
    import onnxruntime

    exported = ExportedModel(model)
    graph = onnx.load(model / "model.onnx")
    products = [node for node in graph.graph.node if node.op_type == "MatMulIntegerToFloat"]
    weights = {each.name: tuple(each.dims) for each in graph.graph.initializer}
    names = sorted({node.input[0] for node in products})
    for name in names:
        graph.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.UINT8, None))
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    documents = exported.scorer().tokenize(texts)[0]
    rows: Counter[str] = Counter()
    for batch in token_budget_batches([len(ids) + len(exported.template) for ids in documents], BATCH_TOKENS):
        found = session.run(names, exported.template.assemble([documents[at] for at in batch]))
        rows.update({name: int(np.prod(value.shape[:-1])) for name, value in zip(names, found, strict=True)})
    rates = {shape: product_rate(*shape) for shape in {weights[node.input[1]] for node in products}}
    shapes = [(rows[node.input[0]], weights[node.input[1]]) for node in products]
    return sum(2 * count * shape[0] * shape[1] / rates[shape] for count, shape in shapes)


def product_rate(channels: int, outputs: int, rows: int = BATCH_TOKENS) -> float:
    """Measure operations per second of (rows, channels) in uint8 times (channels, outputs) in int8: the best of 30."""
    import onnx
    import onnxruntime

    helper, types = onnx.helper, onnx.TensorProto
    weight = np.random.default_rng(0).integers(-63, 64, (channels, outputs), dtype=np.int8)
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["a", "b"], ["c"])],
        "product",
        [helper.make_tensor_value_info("a", types.UINT8, [rows, channels])],
        [helper.make_tensor_value_info("c", types.INT32, [rows, outputs])],
        [onnx.numpy_helper.from_array(weight, "b")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    feed = {"a": np.random.default_rng(1).integers(0, 256, (rows, channels), dtype=np.uint8)}
    return 2 * rows * channels * outputs / min(timed(lambda: session.run(None, feed)) for _ in range(30))


def timed(run: Callable[[], Any]) -> float:
    """Return the seconds that a call takes."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def first_answer(kind: str, path: Path) -> float:
    """Return the seconds from the start of a new process to its first answer."""
    began = time.perf_counter()
    code = FIRST[kind].format(path=str(path))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        answered = process.stdout.readline()
        took = time.perf_counter() - began
    if not answered or process.returncode:
        raise RuntimeError(f"no answer from {kind}")
    return took


def peak_memory(options: argparse.Namespace, kind: str, texts: Sequence[str]) -> int:
    """Return the peak resident memory, in MiB, of a new process that predicts the texts (Linux)."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "texts.json"
        source.write_text(json.dumps(list(texts)), encoding="utf-8")
        command = [sys.executable, __file__, "--run", str(options.run), "--memory-of", kind, "--data", str(source)]
        if kind in (INT8, FLOAT32):
            model = options.model if kind == INT8 else options.float32
            command = [sys.executable, "-c", OURS, str(model), str(source)]
        found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return round(int(found.split()[-1]) / 1024)


def high_water() -> str:
    """Return the peak resident memory of this process, in KiB (Linux)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))
    return found[1] if found else "0"


def pipelines(run: Path) -> dict[str, Callable[[Sequence[str]], Any]]:
    """Return the two ways to predict with transformers: functions from texts to labels with scores."""
    pipeline = load_pipeline(run)
    return {
        PIPELINE: lambda texts: pipeline(list(texts)),
        BATCHED: lambda texts: pipeline(list(texts), batch_size=BATCH),
    }


def sample(options: argparse.Namespace) -> list[str]:
    """Return a random sample of the test texts."""
    texts = data.load(options.data).split("test").texts
    return [texts[at] for at in np.random.default_rng(0).permutation(len(texts))[: options.texts]]


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure one run."""
    texts = sample(options)
    ours = {INT8: emograin.load(options.model), FLOAT32: emograin.load(options.float32)}
    labels = ours[INT8].labels
    ways: dict[str, Callable[[Sequence[str]], Any]] = {name: each.predict for name, each in ours.items()}
    ways |= pipelines(options.run)
    expected = as_array(ways[BATCHED](texts), labels)
    apart = {name: float(np.abs(each.predict(texts).scores - expected).max()) for name, each in ours.items()}
    if apart[FLOAT32] > 1e-4:
        raise RuntimeError(f"not the same weights and inputs: probabilities differ by {apart[FLOAT32]:.2g}")
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    latencies: dict[str, list[float]] = {name: [] for name in ways if name != BATCHED}
    for _ in range(options.rounds):
        for name, way in ways.items():
            time.sleep(PAUSE)
            seconds[name].append(timed(partial(way, texts)))
        for name, found in latencies.items():
            time.sleep(PAUSE)
            found += [timed(partial(ways[name], [text])) * 1000 for text in texts[: options.single]]
    seconds["bare int8 products"] = [bare_products(options.model, texts)]
    starts: dict[str, list[float]] = {INT8: [], FLOAT32: [], PIPELINE: []}
    with tempfile.TemporaryDirectory() as folder:
        method = load_classifier(RunFolder(options.run)).method
        method.encoder.save_pretrained(folder)
        method.tokenizer.save_pretrained(folder)
        for _ in range(options.rounds):
            starts[INT8].append(first_answer("emograin", options.model))
            starts[FLOAT32].append(first_answer("emograin", options.float32))
            starts[PIPELINE].append(first_answer("transformers", Path(folder)))
    memory = {name: peak_memory(options, name, texts) for name in ways}
    rates = {name: len(texts) / statistics.median(each) for name, each in seconds.items()}
    return {
        "method": ExportedModel(options.model).description["settings"]["method"],
        "texts": len(texts),
        "rounds": options.rounds,
        "threads": torch.get_num_threads(),
        "versions": {name: version(name) for name in ("onnxruntime", "torch", "transformers")},
        "texts_per_second": {name: round(rate, 1) for name, rate in rates.items()},
        "ratio_of_int8": {
            name: ratio([a / b for a, b in zip(seconds[name], seconds[INT8], strict=True)])
            for name in ways
            if name != INT8
        },
        "ratio_of_float32": {
            name: ratio([a / b for a, b in zip(seconds[name], seconds[FLOAT32], strict=True)])
            for name in (PIPELINE, BATCHED)
        },
        "share_of_bare_products": round(rates[INT8] / rates["bare int8 products"], 3),
        "single_text_ms": {
            name: {"p50": round(np.percentile(each, 50), 2), "p99": round(np.percentile(each, 99), 2)}
            for name, each in latencies.items()
        },
        "first_answer_s": {name: round(statistics.median(each), 2) for name, each in starts.items()},
        "peak_memory_mib": memory,
        "largest_difference_to_torch": {name: float(f"{value:.2g}") for name, value in apart.items()},
    }


def ratio(each: Sequence[float]) -> dict[str, float]:
    """Return median and range over rounds."""
    return {"median": round(statistics.median(each), 2), "min": round(min(each), 2), "max": round(max(each), 2)}


def table(name: str, found: dict[str, Any]) -> str:
    """Format one run's measurements as a table."""
    lines = [f"{name}: {found['texts']} test texts, {found['rounds']} rounds, {found['threads']} threads"]
    lines.append(f"  {'':<28} texts/s             speed-up by int8  single p50, p99 ms  first answer s  peak MiB")
    for kind, rate in found["texts_per_second"].items():
        times, single = found["ratio_of_int8"].get(kind), found["single_text_ms"].get(kind)
        spread = f"{times['median']:.2f} ({times['min']:.2f}-{times['max']:.2f})" if times else ""
        lines.append(
            f"  {kind:<28} {rate:>7,.0f}  {spread:>28}  "
            f"{'{p50:.2f}, {p99:.2f}'.format(**single) if single else '':>18}  "
            f"{found['first_answer_s'].get(kind, ''):>14}  {found['peak_memory_mib'].get(kind, ''):>8}"
        )
    return "\n".join([*lines, f"  int8 throughput: {found['share_of_bare_products']:.0%} of that of its bare products"])


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="quickstart", help="corpus; its test split is predicted")
    parser.add_argument("--run", type=Path, required=True, help="run folder")
    parser.add_argument("--model", type=Path, help="the run, exported with int8 weights")
    parser.add_argument("--float32", type=Path, help="the run, exported with float32 weights")
    parser.add_argument("--texts", type=int, default=1024, help="number of test texts")
    parser.add_argument("--single", type=int, default=100, help="texts per round for the latency")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)
    parser.add_argument("--output", type=Path, help="JSON file to add the measurements to, by machine and run")
    options = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    if options.memory_of:
        pipelines(options.run)[options.memory_of](json.loads(Path(options.data).read_text(encoding="utf-8")))
        print(high_water())
        return
    if options.model is None or options.float32 is None:
        parser.error("--model and --float32 are required")
    found = measure(options)
    name = PurePath(str(options.run)).name
    print(table(name, found))
    if options.output:
        add_result(options.output, {name: found})


if __name__ == "__main__":
    main()
