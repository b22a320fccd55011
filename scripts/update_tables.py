"""Keep runs' figures in results/, and write the tables of the README and of docs/ from them.

    python scripts/update_tables.py                 regenerate the tables
    python scripts/update_tables.py RUN [RUN ...]   first copy these runs' results, without their weights

Of a run that was swept, every sweep and its picture are kept too, and the evaluations with mixing on test.
"""

import argparse
import dataclasses
import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from emograin.analysis.task_similarity_tables import remarks, table_1, table_3_markdown
from emograin.evaluation.results import read_evaluated
from emograin.evaluation.significance import paired_bootstrap, randomisation_test
from emograin.evaluation.tables import results_table
from emograin.models.run_folder import RunFolder
from emograin.reproduction.report import render
from emograin.reproduction.report_page import write_markdown
from emograin.reproduction.results_archive import keep_run

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "results"
PAGES = ("log.md", "task_similarity.md", "serving.md", "scale.md", "python.md")
DOCUMENTS = (ROOT / "README.md", *(ROOT / "docs" / name for name in PAGES))


def collect(run: RunFolder) -> None:
    """Copy what a table, a figure or a later comparison needs from a run folder."""
    keep_run(run, RESULTS / run.path.name)
    mixed = [collect_mixed(RESULTS / run.path.name, path.stem) for path in sorted(run.path.glob("results/test-*.json"))]
    if mixed:
        RunFolder(RESULTS / run.path.name).write_json("mixing.json", mixed)


def collect_mixed(folder: Path, name: str) -> dict[str, Any]:
    """What a kept evaluation with mixing changed, with its interval, beside the run without mixing."""
    found, plain = (json.loads((folder / f"{each}.json").read_text(encoding="utf-8")) for each in (name, "test"))
    sweep = folder / "mixing" / f"{name.removeprefix('test-').rpartition('-')[0]}.json"
    best = json.loads(sweep.read_text(encoding="utf-8"))["best"]["weight"] if sweep.exists() else None
    differences = {}
    for policy in found["policies"]:
        mixed, without = (read_evaluated(f"{folder}{each}", "test", policy) for each in (f":{name}", ""))
        pair = (mixed.predictions, without.predictions, mixed.gold)
        differences[policy] = {
            "without": plain["policies"][policy]["macro_f1"],
            "mixed": found["policies"][policy]["macro_f1"],
            **dataclasses.asdict(paired_bootstrap(*pair)),
            "randomisation_p_value": randomisation_test(*pair),
        }
    return {
        "evaluation": name,
        "mixing": {name: value for name, value in found["mixing"].items() if name != "metadata"},
        "chosen_on_dev": best == found["mixing"]["weight"],
        "differences": differences,
    }


def results() -> str:
    """The runs that were evaluated on test, as Markdown."""
    return results_table(json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*/test.json")))


def mixing() -> str:
    """What mixing at inference changed on test, as Markdown."""
    lines = [
        "| run | candidates | mixed | weight | a shared gold label | one threshold | difference (95 % interval), p | "
        "a threshold a label | difference (95 % interval), p |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for path in sorted(RESULTS.glob("*/mixing.json")):
        for row in json.loads(path.read_text(encoding="utf-8")):
            mixed = row["mixing"]
            source = mixed["file"] or mixed["candidates"]
            if mixed["similarity"] != "bertscore-f1":
                source += f" by {mixed['similarity']}"
            source += f", {mixed['count']}" if mixed["count"] > 1 else ""
            agreement = "–" if mixed["agreement"] is None else f"{mixed['agreement']:.1%}"
            weight = f"{mixed['weight']:g}" + (" (dev's)" if row["chosen_on_dev"] else "")
            cells = [path.parent.name, source, mixed["mix"], weight, agreement]
            for policy in ("global", "per-label"):
                change = row["differences"][policy]
                cells.append(f"{change['mixed']:.3f}")
                interval = f"({change['low']:+.4f} to {change['high']:+.4f})"
                cells.append(f"{change['difference']:+.4f} {interval}, {change['randomisation_p_value']:.2f}")
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def slots() -> str:
    """What label-slot neighbours changed over seeds, as Markdown."""
    found = json.loads((RESULTS / "label_state_knn_of_seeds.json").read_text(encoding="utf-8"))
    cells = ["macro F1 on test", *[f"seed {at}" for at in range(len(found["runs"]))], "mean"]
    cells += ["to unmixed (95 % interval), p", "24 frequent labels, to unmixed"]
    lines = [f"| {' | '.join(cells)} |", "|---" * len(cells) + "|"]
    for name, way in found["variants"].items():
        cells = [name, *[f"{each:.3f}" for each in way["all"]["macro_f1"]], f"{way['all']['mean']:.3f}"]
        for labels in ("all", "frequent"):
            change = way[labels]["to_unmixed"]
            shown = f"{change['difference']:+.3f} ({change['low']:+.3f} to {change['high']:+.3f})"
            shown += f", {change['p_value']:.2f}" if labels == "all" else ""
            cells.append("" if name == "unmixed" else shown)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def speed() -> str:
    """What benchmarks/training_speed.py measured, as Markdown."""
    measured = json.loads((RESULTS / "training_speed.json").read_text(encoding="utf-8"))
    lines = [
        f"Median ratio of texts a second to a plain fine-tuning loop (float32, padded to 50 word pieces) on the "
        f"same weights and texts, batch {measured['batch_size']}, {measured['rounds']} rounds in turn in one process, "
        f"{measured['threads']} CPU threads, {measured['encoder']}:",
        "",
        "| method | loop | ratio | min–max | peak memory, MiB |",
        "|---|---|---|---|---|",
    ]
    for method, loops in measured["methods"].items():
        for loop, figures in loops.items():
            ratio = figures["ratio"]
            peak = f"{figures['peak_mib']:,}" if "peak_mib" in figures else ""
            spread = f"{ratio['min']:.2f}–{ratio['max']:.2f}"
            lines.append(f"| {method} | {loop} | {ratio['median']:.2f} | {spread} | {peak} |")
    return "\n".join(lines)


def search() -> str:
    """What benchmarks/bertscore_speed.py measured, as Markdown."""
    path = RESULTS / "bertscore_speed.json"
    if not path.exists():
        return "(not measured yet)"
    measured = json.loads(path.read_text(encoding="utf-8"))
    ours = measured["pairs_per_second"]["ours"]
    lines = ["| | ours is so many times as fast |", "|---|---|"]
    for name, rate in measured["pairs_per_second"].items():
        if name != "ours":
            lines.append(f"| {name} | {ours / rate:.3g} |")
    measures = "{same_rows_as_float32:.2%} of the rows found are those of float32 throughout; "
    measures += "{rescored_pairs_per_query:.0f} pairs a query are scored twice; "
    measures += "peak memory of the whole benchmark {peak_memory_mib:,.0f} MiB."
    return "\n".join([*lines, "", measures.format(**measured)])


def serving() -> str:
    """What benchmarks/service_load.py measured, as Markdown."""
    path = RESULTS / "service_load.json"
    if not path.exists():
        return "(not measured yet)"
    measured = json.loads(path.read_text(encoding="utf-8"))
    lines = [
        f"{measured['model']}, {measured['rounds']} rounds of {measured['seconds']:g} s in turn, {measured['cores']} "
        f"cores; the ratio is that of answers a second, median and range:",
        "",
        "| clients | ratio, batched to one at a time | p50, p99 batched, ms | p50, p99 one at a time, ms | statuses |",
        "|---|---|---|---|---|",
    ]
    for ours, plain in zip(measured["rows"][::2], measured["rows"][1::2], strict=True):
        ratio = f"{ours['ratio']:.2f} ({ours['ratio_lowest']:.2f}–{ours['ratio_highest']:.2f})"
        waits = [f"{row['p50_milliseconds']:.1f}, {row['p99_milliseconds']:.1f}" for row in (ours, plain)]
        statuses = ", ".join(sorted({*ours["statuses"], *plain["statuses"]}))
        lines.append(f"| {ours['clients']} | {ratio} | {waits[0]} | {waits[1]} | {statuses} |")
    return "\n".join(lines)


def explanation() -> str:
    """What benchmarks/attribution_fidelity.py measured, as Markdown."""
    path = RESULTS / "attribution_fidelity.json"
    if not path.exists():
        return "(not measured yet)"
    lines = [
        "| model | words by | Spearman (95 % interval) | Kendall | same first word | cost, times that of `predict` |"
    ]
    lines.append("|---" * 6 + "|")
    for name, found in json.loads(path.read_text(encoding="utf-8")).items():
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
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def explain() -> str:
    """What `emograin predict --explain` printed, kept by hand in results/predict_explain.txt."""
    return _console("predict_explain.txt")


def scale() -> str:
    """What benchmarks/ray_scaling.py measured, and what a billion texts take at that rate, as Markdown."""
    path = RESULTS / "ray_scaling.json"
    if not path.exists():
        return "(not measured yet)"
    measured = json.loads(path.read_text(encoding="utf-8"))
    lines = [
        f"The shipped model on {measured['texts']:,} training texts of {measured['corpus']} "
        f"({measured['words_per_text']:g} words each) in {measured['files']} CSV files, {measured['rounds']} rounds in "
        f"turn, {measured['processor']}; all wrote the same bytes. The rate is that after the first file; the ratio to "
        f"one process on 2 cores has its range over rounds:",
        "",
        "| | texts a second | ratio | seconds until the first file is done |",
        "|---|---|---|---|",
    ]
    for name, way in measured["variants"].items():
        ratio = "{median:.2f} ({min:.2f}–{max:.2f})".format(**way["ratio"])
        lines.append(f"| {name} | {way['texts_per_second']:,.0f} | {ratio} | {way['seconds_to_first_file']:.1f} |")
    ways = measured["variants"].values()
    way = max((each for each in ways if each["workers"] > 1), key=lambda each: each["workers"])
    rate = way["texts_per_second"]
    a_core, days = rate / way["cores"], 1e9 / rate / 86400
    size = {name: each * 1e9 / 1e9 for name, each in measured["bytes_per_text"].items()}
    lines += [
        "",
        f"A billion such texts at {rate:,.0f} texts a second ({way['workers']} workers on {way['cores']} cores, so "
        f"{a_core:,.0f} a core): 10⁹ / {rate:,.0f} / 86,400 = {days:,.1f} days on this machine; "
        f"10⁹ / {a_core:,.0f} / 3,600 = {1e9 / a_core / 3600:,.0f} core hours; one day on "
        f"10⁹ / {a_core:,.0f} / 86,400 = {1e9 / a_core / 86400:,.0f} such cores, if rates add up, which was not "
        f"measured beyond this machine. {measured['bytes_per_text']['input']} bytes per text in and "
        f"{measured['bytes_per_text']['output']} out are {size['input']:,.0f} and {size['output']:,.0f} GB. In files "
        "of "
        f"100,000 texts that is 10,000 files, each {100_000 / a_core:,.0f} s of one core: what a killed worker repeats "
        f"at most. Starting, {way['seconds_to_first_file']:.0f} s, is paid once.",
    ]
    return "\n".join(lines)


def similarity() -> str:
    """Table 3 of results/task_similarity.json and what it shows, as Markdown."""
    found = json.loads((RESULTS / "task_similarity.json").read_text(encoding="utf-8"))
    return "\n".join([table_3_markdown(found), "", *(f"- {each}" for each in remarks(found))])


def contingency() -> str:
    """Table 1 of results/task_similarity.json, as Markdown."""
    found = json.loads((RESULTS / "task_similarity.json").read_text(encoding="utf-8"))
    return f"```text\n{table_1(found)}\n```"


def demo() -> str:
    """The end of what `make demo` printed, kept by hand in results/make_demo.txt."""
    return _console("make_demo.txt")


def test() -> str:
    """The end of what `make test` printed, kept by hand in results/make_test.txt."""
    return _console("make_test.txt")


def _console(name: str) -> str:
    return f"```text\n{(RESULTS / name).read_text(encoding='utf-8').strip()}\n```"


SECTIONS = {
    "slots": slots,
    "demo": demo,
    "test": test,
    "results": results,
    "mixing": mixing,
    "speed": speed,
    "search": search,
}
SECTIONS |= {
    "explanation": explanation,
    "explain": explain,
    "serving": serving,
    "scale": scale,
    "similarity": similarity,
    "contingency": contingency,
}


def with_tables(text: str) -> str:
    """A document with the lines between each pair of markers replaced."""
    for name, make in SECTIONS.items():
        start, end = f"<!-- {name}: made by scripts/update_tables.py -->", f"<!-- end of {name} -->"
        if start not in text:
            continue
        before, _, rest = text.partition(start)
        text = f"{before}{start}\n{make()}\n{end}{rest.partition(end)[2]}"
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="*", type=Path, metavar="RUN")
    for run in parser.parse_args().runs:
        collect(RunFolder(run))
    for document in DOCUMENTS:
        document.write_text(with_tables(document.read_text(encoding="utf-8")), encoding="utf-8")
    if (RESULTS / "experiment.json").exists():
        pictures = ROOT / "docs" / "figures"
        with TemporaryDirectory() as folder:
            parts = render(RESULTS, Path(folder))
            shutil.rmtree(pictures, ignore_errors=True)
            pictures.mkdir()
            for picture in Path(folder).glob("*.png"):
                shutil.copyfile(picture, pictures / picture.name)
        write_markdown(ROOT / "docs" / "reproduction.md", parts, pictures.name)


if __name__ == "__main__":
    main()
