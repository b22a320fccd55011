"""Tables of what experiments/ and scripts/ measured, from results/."""

import json
import re
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from emograin.common.text_table import markdown
from emograin.models.config import BUNDLED

RESULTS = Path(__file__).parents[1] / "results"
SIGNIFICANT = 0.05  # p values below it are marked


def emoji() -> str:
    """The bundled model before and after its emoji were trained, by experiments/emoji_texts.py."""
    found = _read("emoji.json")
    rows = [
        ["texts", "number", "macro F1 before", "after", "difference (95 %)", "macro AP before", "after", "difference"]
    ]
    for name, each in found.items():
        if name == "list":
            continue
        cells = [name, f"{each['texts']:,}"]
        for metric in ("macro_f1", "macro_ap"):
            low, high = each[metric]["interval"]
            cells += [f"{each[metric]['before']:.3f}", f"{each[metric]['after']:.3f}"]
            cells.append(f"{each[metric]['difference']:+.3f} ({low:+.3f} to {high:+.3f})")
        rows.append(cells)
    short = found["list"]
    head = (
        f"Of {short['texts']} hand-checked short texts, {short['before']} had an acceptable best label, "
        f"now {short['after']}."
    )
    return f"{head}\n\n{markdown(rows)}"


def static_quantization() -> str:
    """The measurements of experiments/static_quantization.py."""
    titles = ["weights", "size, MB", "macro F1 on dev, global", "per label", "difference from float32, mean", "maximum"]
    rows = [[*titles, "speed-up, batches of 32", "one by one"]]
    for name, found in _read("static_quantization.json")["variants"].items():
        if "macro_f1" not in found:  # not available: the file says why
            continue
        metrics = [f"{found['macro_f1'][policy]:.4f}" for policy in ("global", "per-label")]
        differences = [f"{found['difference_from_float32'][kind]:.4f}" for kind in ("mean", "maximum")]
        speeds = [f"{each['speed_up_over_float32']:.2f}" for each in found["speed"].values()]
        rows.append([name, f"{found['megabytes']:.1f}", *metrics, *differences, *speeds])
    return markdown(rows)


def threshold_policies() -> str:
    """Mean macro F1 on dev of the thresholds that experiments/threshold_policies.py compares."""
    found = _read("threshold_policies.json")
    rows = [["threshold", *(f"chosen on {size:,} texts" for size in found["sizes"])]]
    for name, values in found["means"].items():
        rows.append([name, *(f"{value:.4f}" for value in values.values())])
    gain, low, high = found["difference"]
    shown = f"{gain:+.4f} (95 % interval over texts {low:+.4f} to {high:+.4f})"
    return f"{markdown(rows)}\n\n`per-label` to the highest F1 with a shrinkage of 20, cross-fitted on halves: {shown}."


def encoder_from_run() -> str:
    """Macro F1 and average precision on test of the trainings of experiments/encoder_from_run.py, over seeds."""
    measured = _read("encoder_from_run.json")
    plain, *_ = names = list(dict.fromkeys(row["encoder"] for row in measured["rows"]))
    starts = {plain: "plain encoder", BUNDLED: "bundled model"}
    rows = [["training texts", "epochs", "method", "start", "macro F1", "macro average precision", "seeds"]]
    by_cell: dict[tuple[int, str, str], list[dict[str, Any]]] = {}
    for row in measured["rows"]:
        by_cell.setdefault((row["texts"], row["method"], row["encoder"]), []).append(row)
    for texts, method, name in sorted(by_cell, key=lambda cell: (cell[0], cell[1], names.index(cell[2]))):
        found = by_cell[texts, method, name]
        values = [[row[key] for row in found] for key in ("macro_f1", "macro_average_precision")]
        cells = [f"{mean(each):.3f} ± {stdev(each):.3f}" if len(each) > 1 else f"{each[0]:.3f}" for each in values]
        start = starts.get(name, "encoder of the run") if texts else "bundled model, its labels united"
        rows.append([f"{texts:,}", str(found[0]["epochs"]), method, start, *cells, str(len(found))])
    return markdown(rows)


def long_texts() -> str:
    """The measurements on test of experiments/document_aggregation.py."""
    measured = _read("long_texts.json")
    titles = ["texts of a document", "read", "macro F1, 27 emotions", "macro F1, all labels", "precision, recall"]
    rows = [[*titles, "documents with neutral"]]
    places = [["texts of a document", "read", *[f"{10 * at}–{10 * at + 10} %" for at in range(10)]]]
    for kind, found in measured["test"].items():
        title = {"any": "any", "three": "three emotions, neutral"}[kind]
        for way, name in (("whole", "whole"), ("first word pieces", "first 50 word pieces")):
            cells = [title, name]
            for labels in ("emotions", "all_labels"):
                cells.append("{macro_f1:.3f} ({interval[0]:.3f} to {interval[1]:.3f})".format(**found[way][labels]))
            cells.append("{macro_precision:.3f}, {macro_recall:.3f}".format(**found[way]["emotions"]))
            rows.append([*cells, f"{found[way]['neutral']['documents_with_it']:.0%}"])
            recalls = found[way]["recall_by_tenth"]
            shown = ["{recall:.2f} ({interval[0]:.2f}–{interval[1]:.2f})".format(**each) for each in recalls]
            places.append([title, name, *shown])
    words = " and ".join(f"{each['words']:.0f}" for each in measured["test"].values())
    intro = f"{measured['documents']} documents of each kind, {words} words on average, 95 % intervals over documents:"
    between = "Emotions of the texts in each tenth of a document that are found, with 95 % intervals:"
    return f"{intro}\n\n{markdown(rows)}\n\n{between}\n\n{markdown(places)}"


def aggregations() -> str:
    """The comparison on dev of experiments/document_aggregation.py: sentences, and the best of each other size."""
    measured = _read("long_texts.json")
    rows = [["windows, aggregation", "any texts: macro F1", "precision, recall", "three emotions", "precision, recall"]]
    rows[0].append("mean macro F1")
    ranked = sorted(measured["dev"].items(), key=lambda each: -each[1]["mean"])
    best = {name.partition(",")[0]: name for name, _ in reversed(ranked)}  # size of windows -> its best
    for name, found in ranked:
        if not name.startswith("sentences") and name not in best.values():
            continue
        cells = [f"**{name}**" if name == measured["product"] else name]
        for kind in ("any", "three"):
            cells.append(f"{found[kind]['macro_f1']:.3f}")
            cells.append("{macro_precision:.3f}, {macro_recall:.3f}".format(**found[kind]))
        rows.append([*cells, f"{found['mean']:.3f}"])
    return markdown(rows)


def sentence_splitters() -> str:
    """The measurements of experiments/sentence_splitters.py."""
    titles = ["library", "MB installed", "MB/s", "F1, hand-made cases", "line by line", "joints found after . ! ?"]
    rows = [[*titles, "seconds for 20,000 and 200,000 characters, slowest kind"]]
    for name, found in _read("sentence_splitters.json").items():
        cells = [f"{name} {found['version']}", f"{found['megabytes']:.1f}", f"{found['megabytes_per_second']:.2f}"]
        cells += [f"{found[each]:.3f}" for each in ("cases_f1", "cases_f1_by_line", "joints_after_punctuation")]
        hard = found["seconds_of_hard_texts"]
        slowest = max(hard, key=lambda kind: [float("inf") if each is None else each for each in hard[kind]][::-1])
        times = ", ".join("over 10" if each is None else f"{each:.2f}" for each in hard[slowest])
        rows.append([*cells, f"{slowest}: {times}"])
    return markdown(rows)


def remaining_errors() -> str:
    """The measurements of experiments/remaining_errors.py."""
    found = _read("remaining_errors.json")
    several = f"{found['pairs']:,} pairs on {found['texts_with_several_votes']:,} texts"
    names = {
        "gold": f"the gold labels ({found['votes']:,} votes on {found['rated_texts']:,} texts)",
        "another_rater": f"another rater's vote ({several})",
    }
    rows = [["macro F1 against", "model", "a rater", "difference (95 % interval)"]]
    for key, name in names.items():
        change, low, high = found[key]["difference"]
        cells = [name, f"{found[key]['model']:.3f}", f"{found[key]['rater']:.3f}"]
        rows.append([*cells, f"{change:+.3f} ({low:+.3f} to {high:+.3f})"])
    titles = ["label", "texts", "gold: model", "gold: rater", "difference (95 % interval)", "other rater: model"]
    labels = [
        [*titles, "other rater: rater", "difference (95 % interval)", "missed", "predicted where it is missed"],
    ]
    for at, row in enumerate(found["labels"]):
        cells = []
        for key in names:
            each = found[key]
            mark = " *" if each["holm_p_value_by_label"][at] < SIGNIFICANT else ""
            cells += [f"{each[f'{who}_by_label'][at]:.2f}" for who in ("model", "rater")]
            cells.append("{:+.2f} ({:+.2f} to {:+.2f})".format(*each["difference_by_label"][at]) + mark)
        instead = ", ".join(f"{name} {share:.0%}" for name, share in row["instead"].items())
        labels.append([row["label"], str(row["texts"]), *cells, f"{row['missed']:.0%}", instead])
    shown = [f"against {name.partition(' (')[0]} {_count_significant(found[key])}" for key, name in names.items()]
    note = f"\\* p below {SIGNIFICANT} after Holm's correction for {len(labels) - 1} labels. Such labels for which the "
    note += f"model is ahead of a rater, and behind: {'; '.join(shown)}."
    return f"{markdown(rows)}\n\n{markdown(labels)}\n\n{note}"


def _count_significant(comparison: dict[str, Any]) -> str:
    """Count the labels with a small adjusted p value: the model ahead of a rater, and behind."""
    pairs = zip(comparison["difference_by_label"], comparison["holm_p_value_by_label"], strict=True)
    small = [difference for (difference, *_), p_value in pairs if p_value < SIGNIFICANT]
    ahead = sum(difference > 0 for difference in small)
    return f"{ahead} and {len(small) - ahead}"


def label_embedding_ablation() -> str:
    """The measurements of experiments/label_embedding_ablation.py."""
    return short_trainings("label_embedding_ablation.json", "input or loss")


def auxiliary_alpha() -> str:
    """The measurements of experiments/auxiliary_alpha.py."""
    return short_trainings("auxiliary_alpha.json", "method, auxiliary task")


def short_trainings(file: str, title: str) -> str:
    """One table per reference, of an experiment by experiments/short_training.py."""
    tables: dict[str, list[list[str]]] = {}
    for row in _read(file)["rows"]:
        reference = row.get("reference", row["cell"])
        to = f"to {reference} (95 % interval)"
        titles = [title, "seeds", "macro AP", to, "over frequent labels", "macro F1", to, "over frequent labels"]
        cells = [row["cell"], str(len(row["seeds"]))]
        for metric in ("average_precision", "f1"):
            cells.append(f"{row[f'{metric}_all']:.3f}")
            for labels in ("all", "frequent"):
                change = row.get(f"{metric}_{labels}_difference")
                cells.append("" if change is None else "{:+.3f} ({:+.3f} to {:+.3f})".format(*change))
        tables.setdefault(reference, [titles]).append(cells)
    return "\n\n".join(markdown(rows) for rows in [*tables.values(), *_further_comparisons(file, title)])


def _further_comparisons(file: str, title: str) -> list[list[list[str]]]:
    """Return a table of the comparisons with further cells, if there are any."""
    kinds = [f"{metric}_{labels}" for metric in ("average_precision", "f1") for labels in ("all", "frequent")]
    titles = [title, "compared with", "macro AP (95 % interval)", "over frequent labels", "macro F1 (95 % interval)"]
    rows = [
        [row["cell"], other, *("{:+.3f} ({:+.3f} to {:+.3f})".format(*differences[kind]) for kind in kinds)]
        for row in _read(file)["rows"]
        for other, differences in row.get("also", {}).items()
    ]
    return [[[*titles, "over frequent labels"], *rows]] if rows else []


def smaller_models() -> str:
    """Students of fewer layers: select_on_dev.py --json, average_precision_differences.py, prediction_speed.py."""
    runs = _read("prediction_speed.json")["2 cores, AVX-512 VNNI"]
    whole = runs["bundled"]["texts_per_second"]
    titles = ["student", "parameters", "macro F1 (95 % interval)", "to 6 layers, seed 0", "macro AP"]
    titles += ["to 6 layers, seed 0", "int8: speed-up, one at a time", "int8: batches of 32", "int8: p50, ms"]
    rows = [titles]
    precision = {
        each["runs"][0]: "{difference:+.3f} ({low:+.3f} to {high:+.3f})".format(**each)
        for each in _read("average_precision_differences.json")
        if each["to"] == ["student-of-six-teachers-seed0"]
    }
    for found in sorted(_read("smaller_models.json"), key=lambda each: -_parameters(each["name"])):
        layers, seed = re.fullmatch(r".*?(?:-(\d)-layers)?-seed(\d)", found["name"]).groups("6")  # type: ignore[union-attr]
        measured = runs["bundled" if layers == "6" else f"student-{layers}-layers"]  # of the same architecture
        cells = [f"{layers} layers, seed {seed}", f"{_parameters(found['name']) / 1e6:.1f}M"]
        cells.append("{:.3f} ({:.3f} to {:.3f})".format(found["macro_f1"], *found["interval"]))
        change = "" if found["difference"] is None else "{difference:+.3f} ({low:+.3f} to {high:+.3f})".format(**found)
        cells += [change, f"{found['macro_average_precision']:.3f}", precision.get(Path(found["name"]).name, "")]
        rate = measured["texts_per_second"]["int8"]
        cells += [f"{rate / whole[f'transformers, {way}']:.1f}" for way in ("one at a time", "batches of 32")]
        rows.append([*cells, f"{measured['single_text_ms']['int8']['p50']:.2f}"])
    return markdown(rows)


def teachers() -> str:
    """Models and means of their scores on dev: `scripts/select_on_dev.py --json`."""
    rows = [["model, or mean of several", "macro F1 (95 % interval)", "to the first bundled model's run", "macro AP"]]
    for found in _read("teachers.json"):
        seeds: dict[str, list[str]] = {}
        for run in found["name"].split("+"):
            name, _, seed = Path(run).name.partition("-seed")
            seeds.setdefault(name, []).append(seed)
        names = " + ".join(name + (f", seed {', '.join(each)}" if any(each) else "") for name, each in seeds.items())
        change = "" if found["difference"] is None else "{difference:+.3f} ({low:+.3f} to {high:+.3f})".format(**found)
        score = "{:.3f} ({:.3f} to {:.3f})".format(found["macro_f1"], *found["interval"])
        rows.append([names, score, change, f"{found['macro_average_precision']:.3f}"])
    note = f"{len(rows) - 1} models and means were ranked on the same dev texts; no interval is corrected for that."
    return f"{markdown(rows)}\n\n{note}"


def _parameters(run: str) -> int:
    return json.loads((RESULTS.parent / run / "dev.json").read_text(encoding="utf-8"))["parameters"]


def _read(name: str) -> Any:
    return json.loads((RESULTS / name).read_text(encoding="utf-8"))
