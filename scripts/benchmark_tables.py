"""Tables of what benchmarks/ and scripts/hostile/hostile.py measured, from results/."""

import json
from pathlib import Path
from typing import Any

from emograin.common.text_table import markdown

RESULTS = Path(__file__).parents[1] / "results"
HARM = ("lost_rows", "differing_bytes", "tracebacks", "leftovers", "failed")  # counts of results/hostile.json


def speed_summary() -> str:
    """Our speed compared with the reference of each benchmark, with a column per machine."""
    predictions, trainings, searches = (_read(f"{name}_speed.json") for name in ("prediction", "training", "bertscore"))
    machines = list(dict.fromkeys([*predictions, *trainings, *searches]))
    tasks: dict[tuple[str, str], dict[str, str]] = {}
    for machine, runs in predictions.items():
        for size, way in (("one text at a time", "one at a time"), ("batches of 32", "batches of 32")):
            ratio = runs["bundled"]["ratio_of_int8"][f"transformers, {way}"]
            tasks.setdefault((f"predict, {size}", "transformers pipeline"), {})[machine] = _range(ratio)
    for machine, measured in trainings.items():
        for method, loops in measured["methods"].items():
            task = (f"train, {method}", "plain fine-tuning loop, float32")
            tasks.setdefault(task, {})[machine] = _range(loops["emograin"]["ratio"])
    for machine, measured in searches.items():
        if ratio := measured["ratio_of_ours"].get("bert-score's matching"):
            task = ("all-pairs BERTScore", "bert-score, embeddings cached")
            tasks.setdefault(task, {})[machine] = _range(ratio, ".0f")
    rows = [["task", "reference", *machines]]
    rows += [[*task, *(found.get(machine, "") for machine in machines)] for task, found in tasks.items()]
    return markdown(rows)


def prediction_speed() -> str:
    """The measurements of benchmarks/prediction_speed.py."""
    titles = ["machine", "model", "compared with", "speed-up of int8 (range over rounds)", "p50, ms", "first answer, s"]
    rows = [[*titles, "peak memory, MiB"]]
    for machine, runs in _read("prediction_speed.json").items():
        for name, found in runs.items():
            measured = (found["single_text_ms"], found["first_answer_s"], found["peak_memory_mib"])
            rows.append([machine, name, "itself", "1", *_measured("int8", *measured)])
            for other, ratio in found["ratio_of_int8"].items():
                rows.append([machine, name, other, _range(ratio), *_measured(other, *measured)])
    return markdown(rows)


def browser_equality() -> str:
    """Differences between the predictions in the browser and those of Python."""
    found = _read("browser_equality.json")
    shown = {
        "int8": "bundled model, Chromium and Python",
        "float32 products": "its weights in products of float32, Chromium and Python",
        "int8 in Python, layer norms changed by half a bit": "bundled model, Python before and after half a bit",
    }
    rows = [["compared", "texts", "the same labels", "scores within 0.001", "within 0.01", "largest difference"]]
    for name, title in shown.items():
        row, texts = found[name], found["texts"]
        counts = [texts, texts - row["texts with other labels"], row["texts within 1e-3"], row["texts within 1e-2"]]
        rows.append([title, *(f"{count:,}" for count in counts), f"{row['largest difference']:.1g}"])
    return markdown(rows)


def browser_speed() -> str:
    """Texts per second in JavaScript, compared with Python."""
    found = _read("browser_speed.json")
    ratios = found["ratio to Python, 1 thread"]
    rows = [["program", "texts per second", "ratio to Python, 1 thread"]]
    rows += [[name, f"{rate:.0f}", f"{ratios[name]:.2f}"] for name, rate in found["texts per second"].items()]
    return markdown(rows)


def training_speed() -> str:
    """The measurements of benchmarks/training_speed.py."""
    machines = _read("training_speed.json")
    measured = next(iter(machines.values()))
    rounds = ", ".join(
        f"{each['rounds']} of {each['texts_per_round']} texts ({name})" for name, each in machines.items()
    )
    intro = (
        f"Texts per second relative to a plain fine-tuning loop (float32, padded to 50 word pieces) on the same "
        f"weights and texts: medians over interleaved rounds in one process, batch size {measured['batch_size']}, "
        f"{measured['encoder']}. Rounds: {rounds}."
    )
    titles = ["machine", "method", "loop", "speed-up (range over rounds)", "share of the rate of matrix products"]
    rows = [[*titles, "peak memory, MiB"]]
    for machine, found in machines.items():
        for method, loops in found["methods"].items():
            for loop, result in loops.items():
                share = f"{result['share_of_matrix_rate']:.0%} of {result['dtype']}"
                peak = f"{result['peak_mib']:,}" if "peak_mib" in result else ""
                rows.append([machine, method, loop, _range(result["ratio"]), share, peak])
    return f"{intro}\n\n{markdown(rows)}"


def search() -> str:
    """The measurements of benchmarks/bertscore_speed.py."""
    machines = _read("bertscore_speed.json")
    rows = [["machine", "compared with", "speed-up of emograin (range over rounds)"]]
    notes = []
    for machine, measured in machines.items():
        for name, ratio in measured["ratio_of_ours"].items():
            rows.append([machine, name, _range(ratio, ".3g")])
        measures = (
            "{rounds} rounds; bert-score's are of {sampled_pairs:,} sampled pairs; " if "rounds" in measured else ""
        )
        measures += "{same_rows_as_float32:.2%} of the rows found are those of a search in float32; "
        measures += "{rescored_pairs_per_query:.0f} pairs per query are rescored in float32; "
        measures += "peak memory of the whole benchmark {peak_memory_mib:,.0f} MiB."
        notes.append(f"{machine}: {measures.format(**measured)}")
    return "\n\n".join([markdown(rows), *notes])


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


def service_fairness() -> str:
    """The measurements of benchmarks/service_load.py --unfair and --memory."""
    measured = _read("service_fairness.json")
    intro = (
        f"A client that sends one short text after the other, alone and then, in the same service, next to one that "
        f"keeps sending the largest requests (2 MB); {measured['rounds']} rounds of {measured['seconds']:g} s, "
        f"{measured['cores']} cores, shared with the clients and with other programs; the ratio is that of the medians "
        f"in one round, median and range over rounds:"
    )
    rows = [["next to", "p50 alone, ms", "p50, p99 next to it, ms", "ratio"]]
    for row in measured["rows"]:
        waits = f"{row['p50_milliseconds']:.1f}, {row['p99_milliseconds']:.1f}"
        ratio = f"{row['ratio']:.1f} ({row['ratio_lowest']:.1f}–{row['ratio_highest']:.1f})"
        rows.append([row["load"], f"{row['p50_alone_milliseconds']:.1f}", waits, ratio])
    memory = _read("service_memory.json")
    before, *during = memory["resident_mib"]
    statuses = " and ".join(f"{count:,} responses with {status}" for status, count in memory["statuses"].items())
    interval = 60 * memory["minutes"] / len(during)
    outlook = (
        f"{memory['clients']} clients for {memory['minutes']:g} minutes: resident memory {before:.0f} MiB before, "
        f"{during[0]:.0f} MiB after the first {interval:g} s, {during[-1]:.0f} MiB at the end, "
        f"{max(during):.0f} MiB at most; {statuses}."
    )
    return f"{intro}\n\n{markdown(rows)}\n\n{outlook}"


def hostile_summary() -> str:
    """One line about scripts/hostile/hostile.py."""
    if not (RESULTS / "hostile.json").is_file():
        return ""
    measured = _read("hostile.json")
    rows = measured["rows"]
    killed = [row for row in rows if not row["operation"].startswith("full disk")]
    totals = ", ".join(f"{sum(row[name] for row in rows):,} {name.replace('_', ' ')}" for name in HARM)
    names = ", ".join(row["operation"] for row in killed)
    counts = [row["killed"] for row in killed]
    return (
        f"Killed at a random moment and run again, tried {measured['moments']} times each ({names}; {min(counts)} to "
        f"{max(counts)} of them were killed before the end), and on full disks: {totals} "
        f"([docs/scale.md](docs/scale.md#killed-at-any-moment))."
    )


def hostile() -> str:
    """The measurements of scripts/hostile/hostile.py."""
    if not (RESULTS / "hostile.json").is_file():
        return ""
    rows = [["operation", "tried", "killed before its end", *(name.replace("_", " ") for name in HARM), "note"]]
    for row in _read("hostile.json")["rows"]:
        counts = [str(row[name]) for name in ("tried", "killed", *HARM)]
        rows.append([row["operation"], *counts, row["note"]])
    return markdown(rows)


def attribution() -> str:
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


def _measured(name: str, latency: dict[str, Any], answer: dict[str, Any], memory: dict[str, Any]) -> list[str]:
    p50 = f"{latency[name]['p50']:.2f}" if name in latency else ""
    return [p50, str(answer.get(name, "")), str(memory.get(name, ""))]


def _range(ratio: dict[str, float], form: str = ".1f") -> str:
    """Format the median of a ratio and, where it was kept, its range over rounds."""
    median = f"{ratio['median']:{form}}"
    return f"{median} ({ratio['min']:{form}} to {ratio['max']:{form}})" if "min" in ratio else median


def _read(name: str) -> Any:
    return json.loads((RESULTS / name).read_text(encoding="utf-8"))
