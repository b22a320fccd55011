"""Make the model that the package carries, and its card: trained or taken from a run, exported in int8, measured.

    python scripts/ship_model.py --data goemotions                  train teachers and it first, into runs/shipped*
    python scripts/ship_model.py --data goemotions --run RUN        a run that is there
    python scripts/ship_model.py --card                             rewrite the card from its JSON and results/

Everything is chosen on dev; test is read for each of the two networks, float32 and int8. What the model was
weighed against, and its speed, are read from results/.
"""

import argparse
import dataclasses
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from emograin import data
from emograin.common.files import write_atomically
from emograin.data.statistics import count_labels
from emograin.evaluation import significance
from emograin.evaluation.run_evaluation import evaluate_exported
from emograin.evaluation.thresholds import predicted
from emograin.models.config import Training
from emograin.models.run_folder import RunFolder
from emograin.prediction.onnx.export import export
from emograin.prediction.onnx.model import ExportedModel
from emograin.prediction.shipped_model import SHIPPED
from emograin.training.loop import train

TEACHER = Training(
    method="label-embedding",
    encoder="minilm",
    epochs=4,
    batch_size=32,
    learning_rate=1e-4,
    ema_decay=0.999,
    evaluate_every=679,
)
TEACHER_SEEDS = (0, 1, 2)
STUDENT = Training(
    method="baseline",
    encoder="minilm",
    epochs=8,
    batch_size=32,
    learning_rate=2e-4,
    ema_decay=0.999,
    evaluate_every=1357,
    distillation_weight=1.0,
)
RESULTS = Path(__file__).parents[1] / "results"
WEIGHED = {
    "[CLS], gold labels": ("baseline-seed[0-9]", "student-seed0"),  # the same network
    "labels in the input (the teachers)": ("label-embedding-averaged-seed[0-9]", "label-embedding-averaged-seed0"),
    "[CLS], taught by them (shipped)": ("student-seed[0-9]", "student-seed0"),
}  # what -> runs in results/, and the one that prediction_speed.json has
POLICIES = ("fixed", "global", "per-label")
RARE = 200  # training texts below which a label is named as a weakness


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="goemotions")
    parser.add_argument("--run", type=Path, default=Path("runs/shipped"))
    parser.add_argument("--output", type=Path, default=SHIPPED)
    parser.add_argument("--card", action="store_true", help="rewrite the card from its JSON and results/")
    options = parser.parse_args(arguments)
    if not options.card:
        corpus = data.load(options.data)
        run = RunFolder(options.run)
        if not finished(run):
            names = [teacher(options.run, options.data, corpus, seed) for seed in TEACHER_SEEDS]
            student = dataclasses.replace(STUDENT, data=options.data, teacher=",".join(names))
            train(student, corpus, run, resume=run.exists)
        RunFolder(options.output).write_json("card.json", made(run, corpus, options.output))
    card = json.loads((options.output / "card.json").read_text(encoding="utf-8"))
    card |= {"weighed": weighed(), "speed": speed()}
    RunFolder(options.output).write_json("card.json", card)
    text = as_markdown(card)
    write_atomically(options.output / "MODEL_CARD.md", lambda part: part.write_text(text, encoding="utf-8"))
    print(text)


def finished(run: RunFolder) -> bool:
    """Whether a run was trained to its end."""
    return (run.path / "thresholds.json").exists()


def teacher(beside: Path, name: str, corpus: data.Corpus, seed: int) -> str:
    """Train a teacher, or go on with it, and export it in int8, in which it scores texts fastest: its folder."""
    run = RunFolder(beside.with_name(f"{beside.name}-teacher-seed{seed}"))
    if not finished(run):
        train(dataclasses.replace(TEACHER, data=name, seed=seed), corpus, run, resume=run.exists)
    exported = run.path.with_name(f"{run.path.name}-int8")
    if not ExportedModel.is_at(exported):
        export(run, exported, int8=True, dev=corpus.split("dev"))
    return str(exported)


def weighed() -> list[dict[str, Any]]:
    """Test macro F1 of what could have been shipped, mean over seeds in float32, and its rate in int8."""
    rates = json.loads((RESULTS / "prediction_speed.json").read_text(encoding="utf-8"))
    rows = []
    for name, (pattern, measured_run) in WEIGHED.items():
        found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob(f"{pattern}/test.json"))]
        means = {each: float(np.mean([one["policies"][each]["macro_f1"] for one in found])) for each in POLICIES}
        times = {way: each["median"] for way, each in rates[measured_run]["ratio_of_int8"].items()}
        rows.append({"what": name, "seeds": len(found), "macro_f1": means, "times_the_rate_of": times})
    return rows


def speed() -> dict[str, Any]:
    """What benchmarks/prediction_speed.py measured of the shipped model's run."""
    measured_run = list(WEIGHED.values())[-1][1]
    found = json.loads((RESULTS / "prediction_speed.json").read_text(encoding="utf-8"))[measured_run]
    names = ("threads", "ratio_of_int8", "single_text_ms", "first_answer_s", "peak_memory_mib")
    return {"command": "python benchmarks/prediction_speed.py", **{name: found[name] for name in names}}


def made(run: RunFolder, corpus: data.Corpus, folder: Path) -> dict[str, Any]:
    """Export a run in int8, measure it beside float32 on dev and test: the card."""
    dev = corpus.split("dev")
    export(run, folder, int8=True, dev=dev)
    with tempfile.TemporaryDirectory() as whole:
        export(run, Path(whole))
        networks = {"float32": ExportedModel(whole), "int8": ExportedModel(folder)}
        figures = {
            name: {split: measured(model, corpus, split) for split in ("dev", "test")}
            for name, model in networks.items()
        }
    settings = run.settings
    recipe, taught = chosen(settings), "" if settings.teacher is None else ", taught by label embeddings,"
    if settings.teacher is not None:
        recipe |= {"teachers": chosen(TEACHER) | {"seeds": list(TEACHER_SEEDS), "weights": "int8"}}
    return {
        "name": f"emograin {settings.method}{taught} on MiniLM-L6, int8",
        "parameters": run.description["parameters"],
        "megabytes": megabytes(folder),
        "labels": list(corpus.taxonomy.labels),
        "recipe": {"command": "python scripts/ship_model.py --data goemotions", "settings": recipe},
        "data": {
            "name": corpus.name,
            "source": "GoEmotions, Demszky et al. 2020",
            "licence": "Apache-2.0",
            "texts": {name: len(corpus.split(name)) for name in ("train", "dev", "test")},
        },
        "encoder": {"name": "sentence-transformers/all-MiniLM-L6-v2", "licence": "Apache-2.0"},
        "licence": "Apache-2.0",
        "chosen_on": "dev: checkpoint, thresholds, quantisation; test chose nothing",
        "figures": figures,
        "uses": uses(corpus),
    }


def chosen(settings: Training) -> dict[str, Any]:
    """The settings that differ from the defaults, and the method; no paths."""
    defaults = Training().to_dict()
    kept = {name: value for name, value in settings.to_dict().items() if value != defaults[name]}
    return {"method": settings.method} | {
        name: value for name, value in kept.items() if name not in ("data", "teacher")
    }


def uses(corpus: data.Corpus) -> dict[str, Any]:
    """What the model is for, and what it must not be used for."""
    counts = count_labels(corpus)
    rare = ", ".join(f"{label} {count}" for label, count in counts["labels"].items() if count < RARE)
    return {
        "for": "Sorting and counting short English texts such as comments and messages by the emotions they express.",
        "not for": "Decisions about single persons: hiring, policing, insurance, diagnosis, grading; moderation "
        "without people. It tells what a text reads like to annotators, not what its writer feels.",
        "weaknesses": [
            "English only, and trained on Reddit comments, which were chosen and filtered by the corpus's authors.",
            f"Rare labels are learned from few of the {counts['texts']:,} training texts: {rare}.",
            "The labels are noisy: a few raters a text, who often disagree.",
            "Irony, quoted speech and emoji are read poorly; names of groups and religions may carry the data's bias.",
            "Only the beginning of a text is read: 50 word pieces.",
        ],
    }


def megabytes(folder: Path) -> float:
    """What a model's files take."""
    return round(sum(path.stat().st_size for path in folder.iterdir()) / 1e6, 1)


def measured(model: ExportedModel, corpus: data.Corpus, split: str) -> dict[str, Any]:
    """Figures of a network on a split, macro F1 with its 95 % interval by bootstrap over texts."""
    found = evaluate_exported(model, corpus, split)
    gold = corpus.split(split).labels > 0
    policies = {}
    for policy in POLICIES:
        guesses = predicted(found["scores"], model.thresholds[policy])
        drawn = significance.resampled_f1([guesses], gold)[:, 0].mean(axis=1)  # (resamples,)
        low, high = (float(each) for each in np.percentile(drawn, (2.5, 97.5)))
        figures = found["policies"][policy]
        policies[policy] = {name: figures[name] for name in ("macro_f1", "macro_f1_frequent", "micro_f1")}
        policies[policy]["interval"] = [low, high]
    kept = {name: found[name] for name in ("texts", "macro_average_precision", "expected_calibration_error")}
    by_label = {
        name: {"f1": row["f1"], "support": row["support"]}
        for name, row in found["policies"]["per-label"]["labels"].items()
    }
    return {**kept, "policies": policies, "labels": by_label}


def as_markdown(card: dict[str, Any]) -> str:
    """The card for people."""
    titles = ["network", "split", "threshold 0.3", "one threshold", "a threshold a label (95 % interval)"]
    titles += ["macro AP", "calibration error"]
    rows = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for network, splits in card["figures"].items():
        for split, found in splits.items():
            own = found["policies"]["per-label"]
            cells = [network, split, *(f"{found['policies'][name]['macro_f1']:.3f}" for name in POLICIES[:2])]
            cells.append(f"{own['macro_f1']:.3f} ({own['interval'][0]:.3f} to {own['interval'][1]:.3f})")
            cells += [f"{found['macro_average_precision']:.3f}", f"{found['expected_calibration_error']:.4f}"]
            rows.append(f"| {' | '.join(cells)} |")
    labels = ["| label | F1 | examples |", "|---|---|---|"]
    for name, row in card["figures"]["int8"]["test"]["labels"].items():
        labels.append(f"| {name} | {row['f1']:.2f} | {row['support']} |")
    recipe = dict(card["recipe"]["settings"])
    teachers = recipe.pop("teachers", None)
    settings = ", ".join(f"{name} {value}" for name, value in recipe.items())
    if teachers:
        settings += f"; it learned the mean scores of {len(teachers['seeds'])} teachers: "
        settings += ", ".join(f"{name} {value}" for name, value in teachers.items())
    options = [
        "| what | seeds | threshold 0.3 | one threshold | a threshold a label | rate, of the pipeline's one at a time |"
    ]
    options.append("|---" * 6 + "|")
    for row in card["weighed"]:
        cells = [row["what"], str(row["seeds"]), *(f"{row['macro_f1'][name]:.3f}" for name in POLICIES)]
        cells.append(f"{row['times_the_rate_of']['transformers, one at a time']:.1f}")
        options.append(f"| {' | '.join(cells)} |")
    fast = card["speed"]
    ours = [fast[name]["int8"] for name in ("single_text_ms", "first_answer_s", "peak_memory_mib")]
    alone, first, memory = ours[0]["p50"], *ours[1:]
    times = [f"{each['median']:.1f} times the rate of {way}" for way, each in fast["ratio_of_int8"].items()]
    size = f"{card['parameters'] / 1e6:.1f}M parameters, {card['megabytes']} MB"
    sizes = ", ".join(f"{count:,} {name}" for name, count in card["data"]["texts"].items())
    weaknesses = "\n".join(f"- {each}" for each in card["uses"]["weaknesses"])
    return f"""# Model card: {card["name"]}

{len(card["labels"])} emotions in short English texts, several at once; {size}.

- **For:** {card["uses"]["for"]}
- **Not for:** {card["uses"]["not for"]}
- **Data:** {card["data"]["source"]} ({card["data"]["licence"]}); {sizes}.
- **Encoder:** {card["encoder"]["name"]} ({card["encoder"]["licence"]}). Licence of the model: {card["licence"]}.
- **Recipe:** `{card["recipe"]["command"]}` ({settings}). Chosen on {card["chosen_on"]}.

## Macro F1

{chr(10).join(rows)}

## Why this one

Macro F1 on test, mean over seeds, in float32, and what it costs: a labels-in-input model reads 31 more tokens a text.

{chr(10).join(options)}

## Speed

`{fast["command"]}`, {fast["threads"]} threads: {", ".join(times)}.
One text takes {alone} ms at the median; a cold process answers after {first} s; {memory} MiB at the most.

## Known weaknesses

{weaknesses}

## F1 of each label

int8, test, a threshold a label:

{chr(10).join(labels)}
"""


if __name__ == "__main__":
    main()
