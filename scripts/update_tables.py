"""Write the tables and shown outputs of README and docs/ from results/ and from the commands themselves.

    python scripts/update_tables.py

Each table stands between two comments that name it. docs/reproduction.md and its pictures are made anew as well.
"""

import argparse
import contextlib
import csv
import io
import json
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from tempfile import TemporaryDirectory
from typing import Any

import ablation_figure
import benchmark_tables
import experiment_tables
import readings_of_test
import training_tables
from archived_scores import interval_over_texts, macro_f1_by_policy

from emograin.analysis.attention_report import format_deletion_tests
from emograin.analysis.task_similarity_tables import remarks, table_1, table_3_markdown
from emograin.cli.app import main as emograin
from emograin.common.text_table import markdown
from emograin.evaluation.captions import describe_source
from emograin.evaluation.policies import DEFAULT_POLICY
from emograin.prediction.shipped_model import SHIPPED
from emograin.reproduction.report import render
from emograin.reproduction.report_page import write_markdown

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "results"
TABLE_2 = RESULTS / "table-2"  # the archive of `emograin reproduce`
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
OURS = {
    "emograin baseline": "table-2/baseline-4-epochs-seed",
    "emograin label embeddings, trained alike": "table-2/label-embedding-4-epochs-seed",
    "emograin label embeddings, lower learning rate, EMA": "label-embedding-averaged-seed",
    "emograin, distilled from label embeddings": "student-seed",
    "emograin, distilled from six teachers": "student-of-six-teachers-seed",
}


def summary() -> str:
    """Our systems, means over seeds with an interval over texts, compared with published ones."""
    titles = ["system", "encoder", "seeds", "fixed threshold", "global, tuned", "per label, tuned (95 % interval)"]
    rows = [[*titles, "macro AP"]]
    for each in _read("published.json"):
        tuned = each["tuned"] or "–"
        rows.append([each["system"], each["encoder"], each["seeds"], each["fixed"], tuned, "–", "–"])
    for title, prefix in OURS.items():
        folders = [path.parent for path in sorted(RESULTS.glob(f"{prefix}[0-9]/test.json"))]
        runs = [json.loads((folder / "test.json").read_text(encoding="utf-8")) for folder in folders]
        scores = [macro_f1_by_policy(folder) for folder in folders]
        size = f"MiniLM-L6 ({runs[0]['parameters'] / 1e6:.0f}M)"
        cells = [_spread([each[policy] for each in scores]) for policy in scores[0]]
        cells[-1] += " ({:.3f} to {:.3f})".format(*interval_over_texts(folders, "per-label"))
        precision = _spread([run["macro_average_precision"] for run in runs])
        rows.append([title, size, str(len(runs)), *cells, precision])
    card = json.loads((SHIPPED / "card.json").read_text(encoding="utf-8"))
    bundled = card["metrics"]["int8"]["test"]
    cells = [f"{bundled['policies'][policy]['macro_f1']:.3f}" for policy in bundled["policies"]]
    cells[-1] += " ({:.3f} to {:.3f})".format(*bundled["policies"]["per-label"]["interval"])
    size = f"MiniLM-L6 ({card['parameters'] / 1e6:.0f}M)"
    title = "the bundled model: seed 0 of the row above, calibrated, in int8"
    rows.append([title, size, "1", *cells, f"{bundled['macro_average_precision']:.3f}"])
    return markdown(rows)


def _spread(values: Sequence[float]) -> str:
    return f"{mean(values):.3f} ± {stdev(values):.3f}"


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


def learning_rates() -> str:
    """The rates compared by examples/choose_learning_rate.py on all training texts."""
    found = []
    for name in ("learning_rates_all_texts.csv", "learning_rates_mpnet.csv"):
        with (RESULTS / name).open(encoding="utf-8", newline="") as file:
            found += [{"encoder": "minilm", **row} for row in csv.DictReader(file)]  # the first file has no encoder
    rows = [["encoder", "method", "learning rate", "macro AP on dev", "macro F1, global", "macro F1, fixed"]]
    order = sorted(found, key=lambda each: (each["encoder"] != "minilm", each["method"], float(each["learning_rate"])))
    for row in order:
        metrics = ("macro_average_precision", "macro_f1_global", "macro_f1_fixed")
        figures = (f"{float(row[f'dev_{each}']):.4f}" for each in metrics)
        rows.append([row["encoder"], row["method"], f"{float(row['learning_rate']):g}", *figures])
    return markdown(rows)


def at_least_one() -> str:
    """The rules compared by experiments/at_least_one.py, at the thresholds of one policy."""
    found = _read("at_least_one.json")
    policy = found["policies"][DEFAULT_POLICY]
    rows = [["label of a text that reaches no threshold", "right", "macro F1", "micro F1", "exact matches"]]
    for rule, each in policy["rules"].items():
        right = f"{each['right']:.0%}" if "right" in each else "–"
        rows.append([rule, right, *(f"{each[name]:.3f}" for name in ("macro_f1", "micro_f1", "subset_accuracy"))])
    share = policy["without_label"] / policy["texts"]
    head = (
        f"`{found['run']}` on {found['split']}: {policy['without_label']:,} of {policy['texts']:,} texts ({share:.1%})"
    )
    return f"{head} reach no threshold.\n\n{markdown(rows)}"


def calibration() -> str:
    """Macro F1 on XED by the way and the number of texts."""
    found = _read("calibration_xed.json")
    rows = [["way", "texts", "macro F1 (95 % interval)", "macro AP", "calibration error"]]
    for row in found["rows"]:
        shown = f"{row['macro_f1']:.3f} ({row['low']:.3f} to {row['high']:.3f})"
        rest = [f"{row[name]:.3f}" for name in ("macro_average_precision", "expected_calibration_error")]
        rows.append([row["way"], f"{row['texts']:,}", shown, *rest])
    return markdown(rows)


def demo() -> str:
    """The output of `make demo`, without its last lines."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    command = next(line for line in makefile if 'predict "' in line)
    return _console(shlex.split(command)[1:])


def explain() -> str:
    """The output of `emograin predict --explain`."""
    return _console(["predict", "--explain", "They cancelled it again, so annoying"])


def reviews(*flags: str) -> str:
    """The output of `emograin predict` for examples/reviews.csv."""
    return _console(["predict", "--input", str(ROOT / "examples" / "reviews.csv"), "--column", "review", *flags])


def segments() -> str:
    """The output of `emograin predict --segments`, for the text in docs/python.md."""
    document = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    command = next(line for line in document.splitlines() if "predict --segments" in line)
    return _console(shlex.split(command)[1:])


def _console(arguments: Sequence[str]) -> str:
    """Run a command and return its output as a code block."""
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        code = emograin(list(arguments))
    assert code == 0, arguments
    return f"```text\n{shown.getvalue().strip()}\n```"


def _read(name: str) -> Any:
    return json.loads((RESULTS / name).read_text(encoding="utf-8"))


SECTIONS = {
    "summary": summary,
    "speed summary": benchmark_tables.speed_summary,
    "demo": demo,
    "results": training_tables.results,
    "mixing": mixing,
    "training speed": benchmark_tables.training_speed,
    "prediction speed": benchmark_tables.prediction_speed,
    "browser equality": benchmark_tables.browser_equality,
    "browser speed": benchmark_tables.browser_speed,
    "search": benchmark_tables.search,
    "static quantization": experiment_tables.static_quantization,
    "learning rates": learning_rates,
    "at least one": at_least_one,
    "label-state kNN": slots,
    "attribution": benchmark_tables.attribution,
    "explain": explain,
    "reviews": reviews,
    "segments": segments,
    "encoder from run": experiment_tables.encoder_from_run,
    "long texts": experiment_tables.long_texts,
    "aggregations": experiment_tables.aggregations,
    "sentence splitters": experiment_tables.sentence_splitters,
    "serving": benchmark_tables.serving,
    "service fairness": benchmark_tables.service_fairness,
    "emoji": experiment_tables.emoji,
    "hostile summary": benchmark_tables.hostile_summary,
    "hostile": benchmark_tables.hostile,
    "scale": benchmark_tables.scale,
    "similarity": similarity,
    "contingency": contingency,
    "deletion": deletion,
    "calibration": calibration,
    "readings": readings_of_test.table,
    "label embedding ablation": experiment_tables.label_embedding_ablation,
    "auxiliary alpha": experiment_tables.auxiliary_alpha,
    "remaining errors": experiment_tables.remaining_errors,
    "smaller models": experiment_tables.smaller_models,
    "teachers": experiment_tables.teachers,
    "threshold policies": experiment_tables.threshold_policies,
    "ema": training_tables.ema,
    "distillation": training_tables.distillation,
    "students of six teachers": training_tables.students_of_six_teachers,
}
# Outputs of commands; their scores may differ in the last digit on other processors.
RUN_NOW = ("demo", "explain", "reviews", "segments")


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
        sections = render(TABLE_2, Path(folder))
        ablation_figure.draw(Path(folder) / "label-embedding-ablation.png")
        pictures = ROOT / "docs" / "figures"
        shutil.rmtree(pictures, ignore_errors=True)
        pictures.mkdir()
        for picture in Path(folder).glob("*.png"):
            shutil.copyfile(picture, pictures / picture.name)
    write_markdown(ROOT / "docs" / "reproduction.md", sections, pictures.name)


if __name__ == "__main__":
    main()
