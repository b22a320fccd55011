"""The card of the bundled model as Markdown, from the JSON that `scripts/ship_model.py` writes."""

from typing import Any

from emograin.common.text_table import markdown
from emograin.models.thresholds_file import POLICIES

SLOWER_WAYS = ("float32", "transformers, one at a time", "transformers, batches of 32")


def as_markdown(card: dict[str, Any]) -> str:
    """Return the card as Markdown."""
    titles = ["model", "split", "fixed threshold 0.3", "global threshold", "per-label thresholds (95 % interval)"]
    titles += ["macro AP", "calibration error"]
    rows = [titles]
    for weights, splits in card["metrics"].items():
        for split, found in splits.items():
            own = found["policies"]["per-label"]
            cells = [weights, split, *(f"{found['policies'][name]['macro_f1']:.3f}" for name in POLICIES[:2])]
            cells.append(f"{own['macro_f1']:.3f} ({own['interval'][0]:.3f} to {own['interval'][1]:.3f})")
            cells += [f"{found['macro_average_precision']:.3f}", f"{found['expected_calibration_error']:.4f}"]
            rows.append(cells)
    labels = [["label", "F1", "examples"]]
    for name, row in card["metrics"]["int8"]["test"]["labels"].items():
        labels.append([name, f"{row['f1']:.2f}", str(row["support"])])
    recipe = card["recipe"]
    settings = ", ".join(f"{name} {value}" for name, value in recipe["settings"].items())
    if "teachers" in recipe:
        settings += f"; it learned {recipe['teachers']}, on {recipe['texts']}; then {recipe['afterwards']}"
    note = f" {recipe['note']}" if "note" in recipe else ""
    titles = ["model", "seeds", "fixed threshold 0.3", "global threshold", "per-label thresholds"]
    options = [[*titles, "speed-up over the transformers pipeline, one text at a time (per machine)"]]
    for row in card["alternatives"]:
        cells = [row["model"], str(row["seeds"]), *(f"{row['macro_f1'][name]:.3f}" for name in POLICIES)]
        cells.append(", ".join(f"{each['transformers, one at a time']:.1f}" for each in row["speedup_over"]))
        options.append(cells)
    titles = ["machine", "threads", *(f"speed-up over {way}" for way in SLOWER_WAYS)]
    speeds = [[*titles, "median latency of one text, ms", "first answer of a new process, s", "peak memory, MiB"]]
    for machine, fast in card["speed"]["machines"].items():
        cells = [machine, str(fast["threads"]), *(f"{fast['ratio_of_int8'][way]['median']:.1f}" for way in SLOWER_WAYS)]
        cells += [str(fast["single_text_ms"]["int8"]["p50"])]
        speeds.append([*cells, *(str(fast[name]["int8"]) for name in ("first_answer_s", "peak_memory_mib"))])
    size = f"{card['parameters'] / 1e6:.1f}M parameters, {card['megabytes']} MB"
    sizes = ", ".join(f"{count:,} {name}" for name, count in card["data"]["texts"].items())
    weaknesses = "\n".join(f"- {each}" for each in card["uses"]["weaknesses"])
    return f"""# Model card: {card["name"]}

Multi-label classification of short English texts into {len(card["labels"])} emotions; {size}.

- **For:** {card["uses"]["for"]}
- **Not for:** {card["uses"]["not for"]}
- **Data:** {card["data"]["source"]} ({card["data"]["licence"]}); {sizes}.
- **Encoder:** {card["encoder"]["name"]} ({card["encoder"]["licence"]}). Licence of the model: {card["licence"]}.
- **Recipe:** `{recipe["command"]}` ({settings}).{note} Chosen on {card["chosen_on"]}.

## Macro F1

The rows of dev are optimistic: global and per-label thresholds, the checkpoint and, if there is any, calibration were
chosen on it. Nothing was chosen on test. Intervals are over texts, for one seed.

{markdown(rows)}

## Why this one

Macro F1 on test, mean over seeds, in float32, and speed in int8. With labels in the input, a model reads 30 more tokens
per text.

{markdown(options)}

## Speed

`{card["speed"]["command"]}`, medians; both sides in one process, on the same texts. Speed hardly depends on the
weights: measured on models of this architecture (docs/benchmarks.md).

{markdown(speeds)}

## Known weaknesses

{weaknesses}

## F1 per label

int8 on test, per-label thresholds:

{markdown(labels)}
"""
