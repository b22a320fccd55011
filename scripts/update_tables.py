"""Write the tables and shown outputs of README and docs/ from results/ and from the commands themselves.

    python scripts/update_tables.py

Each table stands between two comments that name it. docs/reproduction.md and its pictures are made anew as well.
"""

import argparse
import contextlib
import io
import json
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from tempfile import TemporaryDirectory
from typing import Any

from emograin.analysis.attention_report import format_deletion_tests
from emograin.analysis.task_similarity_tables import remarks, table_1, table_3_markdown
from emograin.cli.app import main as emograin
from emograin.common.text_table import markdown
from emograin.evaluation.captions import describe_source
from emograin.evaluation.tables import results_table
from emograin.reproduction.report import render
from emograin.reproduction.report_page import write_markdown

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "results"
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
OURS = {
    "emograin baseline": "baseline-seed",
    "emograin label embeddings": "label-embedding-averaged-seed",
    "emograin, distilled from label embeddings (the bundled model)": "student-seed",
}


def summary() -> str:
    """Our systems, means over seeds, beside published ones."""
    rows = [["system", "encoder", "seeds", "fixed threshold", "global, tuned", "per label, tuned", "macro AP"]]
    for each in _read("published.json"):
        tuned = each["tuned"] or "–"
        rows.append([each["system"], each["encoder"], each["seeds"], each["fixed"], tuned, "–", "–"])
    for title, prefix in OURS.items():
        runs = [
            json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob(f"{prefix}[0-9]/test.json"))
        ]
        size = f"MiniLM-L6 ({runs[0]['parameters'] / 1e6:.0f}M)"
        cells = [_spread([run["policies"][policy]["macro_f1"] for run in runs]) for policy in runs[0]["policies"]]
        precision = _spread([run["macro_average_precision"] for run in runs])
        rows.append([title, size, str(len(runs)), *cells, precision])
    return markdown(rows)


def _spread(values: Sequence[float]) -> str:
    return f"{mean(values):.3f} ± {stdev(values):.3f}"


def speed_summary() -> str:
    """Our speed beside the reference of each benchmark."""
    prediction = _read("prediction_speed.json")["student-seed0"]
    ratios = prediction["ratio_of_int8"]
    training = _read("training_speed.json")["methods"]
    pairs = _read("bertscore_speed.json")["pairs_per_second"]
    rows = [["task", "reference", "speed-up of emograin (range over rounds)"]]
    rows.append(["predict, one text at a time", "transformers pipeline", _range(ratios["transformers, one at a time"])])
    rows.append(["predict, batches of 32", "transformers pipeline", _range(ratios["transformers, batches of 32"])])
    for method in ("baseline", "label-embedding"):
        rows.append(
            [f"train, {method}", "plain fine-tuning loop, float32", _range(training[method]["emograin"]["ratio"])]
        )
    speed_up = pairs["ours"] / pairs["bert-score's matching"]
    rows.append(["all-pairs BERTScore", "bert-score, embeddings cached", f"{speed_up:.0f}"])
    return markdown(rows)


def _range(ratio: dict[str, float]) -> str:
    return f"{ratio['median']:.1f} ({ratio['min']:.1f} to {ratio['max']:.1f})"


def prediction_speed() -> str:
    """The measurements of benchmarks/prediction_speed.py."""
    rows = [
        ["model", "beside", "speed-up of int8 (range over rounds)", "p50, ms", "first answer, s", "peak memory, MiB"]
    ]
    for name, found in _read("prediction_speed.json").items():
        latency, answer, memory = found["single_text_ms"], found["first_answer_s"], found["peak_memory_mib"]
        rows.append([name, "itself", "1", *_measured("int8", latency, answer, memory)])
        for other, ratio in found["ratio_of_int8"].items():
            rows.append([name, other, _range(ratio), *_measured(other, latency, answer, memory)])
    return markdown(rows)


def _measured(name: str, latency: dict[str, Any], answer: dict[str, Any], memory: dict[str, Any]) -> list[str]:
    p50 = f"{latency[name]['p50']:.2f}" if name in latency else ""
    return [p50, str(answer.get(name, "")), str(memory.get(name, ""))]


def results() -> str:
    """All runs that were evaluated on test."""
    return results_table(_evaluations("*"))


def mixing() -> str:
    """Differences that mixing at inference makes on test."""
    titles = ["run", "candidates", "mixed", "weight", "share a gold label", "global threshold"]
    titles += ["difference (95 % interval), p", "per-label threshold", "difference (95 % interval), p"]
    rows = [titles]
    for path in sorted(RESULTS.glob("*/mixing.json")):
        for row in json.loads(path.read_text(encoding="utf-8")):
            mixed = row["mixing"]
            source = describe_source(mixed)
            if mixed["similarity"] != "bertscore-f1":
                source += f" by {mixed['similarity']}"
            source += f", {mixed['top']}" if mixed["top"] > 1 else ""
            agreement = "–" if mixed["agreement"] is None else f"{mixed['agreement']:.1%}"
            weight = f"{mixed['weight']:g}" + (" (dev's)" if row["chosen_on_dev"] else "")
            cells = [path.parent.name, source, mixed["mix"], weight, agreement]
            for policy in ("global", "per-label"):
                change = row["differences"][policy]
                cells.append(f"{change['mixed']:.3f}")
                interval = f"({change['low']:+.4f} to {change['high']:+.4f})"
                cells.append(f"{change['difference']:+.4f} {interval}, {change['randomisation_p_value']:.2f}")
            rows.append(cells)
    return markdown(rows)


def slots() -> str:
    """Differences that per-label kNN makes, over seeds."""
    found = _read("label_state_knn_of_seeds.json")
    titles = ["macro F1 on test", *[f"seed {at}" for at in range(len(found["runs"]))], "mean"]
    rows = [[*titles, "difference to the model alone (95 % interval), p", "the same, 24 frequent labels"]]
    for name, way in found["variants"].items():
        cells = [name, *[f"{each:.3f}" for each in way["all"]["macro_f1"]], f"{way['all']['mean']:.3f}"]
        for labels in ("all", "frequent"):
            change = way[labels]["to_unmixed"]
            shown = f"{change['difference']:+.3f} ({change['low']:+.3f} to {change['high']:+.3f})"
            shown += f", {change['p_value']:.2f}" if labels == "all" else ""
            cells.append("" if name == "unmixed" else shown)
        rows.append(cells)
    return markdown(rows)


def speed() -> str:
    """The measurements of benchmarks/training_speed.py."""
    measured = _read("training_speed.json")
    intro = (
        f"Texts per second relative to a plain fine-tuning loop (float32, padded to 50 word pieces) on the same "
        f"weights and texts: medians over {measured['rounds']} interleaved rounds in one process, batch size "
        f"{measured['batch_size']}, {measured['threads']} CPU threads, {measured['encoder']}."
    )
    rows = [["method", "loop", "speed-up", "range", "peak memory, MiB"]]
    for method, loops in measured["methods"].items():
        for loop, figures in loops.items():
            ratio = figures["ratio"]
            peak = f"{figures['peak_mib']:,}" if "peak_mib" in figures else ""
            spread = f"{ratio['min']:.2f}–{ratio['max']:.2f}"
            rows.append([method, loop, f"{ratio['median']:.2f}", spread, peak])
    return f"{intro}\n\n{markdown(rows)}"


def search() -> str:
    """The measurements of benchmarks/bertscore_speed.py."""
    measured = _read("bertscore_speed.json")
    ours = measured["pairs_per_second"]["ours"]
    rows = [["beside", "speed-up of emograin"]]
    for name, rate in measured["pairs_per_second"].items():
        if name != "ours":
            rows.append([name, f"{ours / rate:.3g}"])
    measures = "{same_rows_as_float32:.2%} of the rows found are those of a search in float32; "
    measures += "{rescored_pairs_per_query:.0f} pairs per query are rescored in float32; "
    measures += "peak memory of the whole benchmark {peak_memory_mib:,.0f} MiB."
    return f"{markdown(rows)}\n\n{measures.format(**measured)}"


def serving() -> str:
    """The measurements of benchmarks/service_load.py."""
    measured = _read("service_load.json")
    intro = (
        f"{measured['model']}, {measured['rounds']} interleaved rounds of {measured['seconds']:g} s, "
        f"{measured['cores']} cores; the ratio is that of responses per second, median and range:"
    )
    titles = ["clients", "ratio, batched to one at a time", "p50, p99 batched, ms", "p50, p99 one at a time, ms"]
    rows = [[*titles, "statuses"]]
    for ours, plain in zip(measured["rows"][::2], measured["rows"][1::2], strict=True):
        ratio = f"{ours['ratio']:.2f} ({ours['ratio_lowest']:.2f}–{ours['ratio_highest']:.2f})"
        waits = [f"{row['p50_milliseconds']:.1f}, {row['p99_milliseconds']:.1f}" for row in (ours, plain)]
        statuses = ", ".join(sorted({*ours["statuses"], *plain["statuses"]}))
        rows.append([str(ours["clients"]), ratio, *waits, statuses])
    return f"{intro}\n\n{markdown(rows)}"


def explanation() -> str:
    """The measurements of benchmarks/attribution_fidelity.py."""
    measured = _read("attribution_fidelity.json")
    titles = ["model", "attribution", "Spearman (95 % interval)", "Kendall", "same first word"]
    rows = [[*titles, "cost relative to `predict`"]]
    for name, found in measured.items():
        costs = {way: row["median"] for way, row in found["cost"]["times_the_cost_of_predict"].items()}
        cost = {"ours": costs["predict, explain"], "occlusion, words removed": costs["occlusion"]}
        for way, row in found["agreement"].items():
            cells = [
                f"{name}, {found['weights']}",
                way,
                "{:.3f} ({:.3f} to {:.3f})".format(row["spearman"], *row["interval"]),
            ]
            cells += [
                f"{row['kendall']:.3f}",
                f"{row['same_first_word']:.0%}",
                f"{cost[way]:.2f}" if way in cost else "",
            ]
            rows.append(cells)
    return markdown(rows)


def scale() -> str:
    """The measurements of benchmarks/ray_scaling.py, and the time for a billion texts at that rate."""
    measured = _read("ray_scaling.json")
    intro = (
        f"The bundled model on {measured['texts']:,} training texts of {measured['corpus']} "
        f"({measured['words_per_text']:g} words each) in {measured['files']} CSV files, {measured['rounds']} "
        f"interleaved rounds, {measured['processor']}; all outputs are byte-identical. The rate excludes the first "
        f"file; the ratio is to one process on 2 cores, with its range over rounds:"
    )
    rows = [["", "texts per second", "ratio", "seconds to the first file"]]
    for name, way in measured["variants"].items():
        ratio = "{median:.2f} ({min:.2f}–{max:.2f})".format(**way["ratio"])
        rows.append([name, f"{way['texts_per_second']:,.0f}", ratio, f"{way['seconds_to_first_file']:.1f}"])
    ways = measured["variants"].values()
    way = max((each for each in ways if each["workers"] > 1), key=lambda each: each["workers"])
    rate = way["texts_per_second"]
    per_core, days = rate / way["cores"], 1e9 / rate / 86400
    size = {name: each * 1e9 / 1e9 for name, each in measured["bytes_per_text"].items()}
    outlook = (
        f"A billion such texts at {rate:,.0f} texts per second ({way['workers']} workers on {way['cores']} cores, "
        f"{per_core:,.0f} per core): 10⁹ / {rate:,.0f} / 86,400 = {days:,.1f} days on this machine; "
        f"10⁹ / {per_core:,.0f} / 3,600 = {1e9 / per_core / 3600:,.0f} core hours; one day on "
        f"10⁹ / {per_core:,.0f} / 86,400 = {1e9 / per_core / 86400:,.0f} such cores if rates add up, which was not "
        f"measured beyond this machine. {measured['bytes_per_text']['input']} bytes per text in and "
        f"{measured['bytes_per_text']['output']} out are {size['input']:,.0f} and {size['output']:,.0f} GB. In files "
        f"of 100,000 texts that is 10,000 files of {100_000 / per_core:,.0f} s on one core, the most that a killed "
        f"worker repeats. Start-up, {way['seconds_to_first_file']:.0f} s, is paid once."
    )
    return f"{intro}\n\n{markdown(rows)}\n\n{outlook}"


def similarity() -> str:
    """Table 3 of results/task_similarity.json, with remarks."""
    found = _read("task_similarity.json")
    return "\n".join([table_3_markdown(found), "", *(f"- {each}" for each in remarks(found))])


def contingency() -> str:
    """Table 1 of results/task_similarity.json."""
    found = _read("task_similarity.json")
    return f"```text\n{table_1(found)}\n```"


def deletion() -> str:
    """The deletion tests of results/attention_deletion.json."""
    return f"```text\n{format_deletion_tests(_read('attention_deletion.json')['checks'])}\n```"


def demo() -> str:
    """The output of `make demo`, without its last lines."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    command = next(line for line in makefile if 'predict "' in line)
    return _console(shlex.split(command)[1:])


def explain() -> str:
    """The output of `emograin predict --explain`."""
    return _console(["predict", "--explain", "They cancelled it again, so annoying"])


def _console(arguments: Sequence[str]) -> str:
    """Run a command and return its output as a code block."""
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        code = emograin(list(arguments))
    assert code == 0, arguments
    return f"```text\n{shown.getvalue().strip()}\n```"


def _evaluations(runs: str) -> list[dict[str, Any]]:
    """Read the evaluations on test of the runs whose folder matches a pattern."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob(f"{runs}/test.json"))]


def _read(name: str) -> Any:
    return json.loads((RESULTS / name).read_text(encoding="utf-8"))


SECTIONS = {
    "summary": summary,
    "speed summary": speed_summary,
    "demo": demo,
    "results": results,
    "mixing": mixing,
    "training speed": speed,
    "prediction speed": prediction_speed,
    "search": search,
    "label-state kNN": slots,
    "attribution": explanation,
    "explain": explain,
    "serving": serving,
    "scale": scale,
    "similarity": similarity,
    "contingency": contingency,
    "deletion": deletion,
}
RUN_NOW = ("demo", "explain")  # outputs of commands; their scores may differ in the last digit on other processors


def start(name: str) -> str:
    """Return the comment in front of a section."""
    return f"<!-- {name}: made by scripts/update_tables.py -->"


def end(name: str) -> str:
    """Return the comment after a section."""
    return f"<!-- end of {name} -->"


def with_tables(text: str, names: Sequence[str] = tuple(SECTIONS)) -> str:
    """Return a document with these of its sections replaced."""
    for name in names:
        if start(name) in text:
            before, _, rest = text.partition(start(name))
            text = f"{before}{start(name)}\n{SECTIONS[name]()}\n{end(name)}{rest.partition(end(name))[2]}"
    return text


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    for document in DOCUMENTS:
        document.write_text(with_tables(document.read_text(encoding="utf-8")), encoding="utf-8")
    with TemporaryDirectory() as folder:
        sections = render(RESULTS, Path(folder))
        pictures = ROOT / "docs" / "figures"
        shutil.rmtree(pictures, ignore_errors=True)
        pictures.mkdir()
        for picture in Path(folder).glob("*.png"):
            shutil.copyfile(picture, pictures / picture.name)
    write_markdown(ROOT / "docs" / "reproduction.md", sections, pictures.name)


if __name__ == "__main__":
    main()
