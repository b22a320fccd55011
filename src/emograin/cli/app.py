"""The command line: one function a command. Results on standard output, progress and notes on standard error."""

import json
import os
import sys
import traceback
from pathlib import Path
from typing import IO, Annotated, Any, Literal

from cyclopts import App, CycloptsError, Parameter

from .. import __version__
from ..common.errors import EmograinError, Interrupted
from ..common.optional import import_optional
from .attend import attend
from .compare import compare
from .evaluate import evaluate
from .export import export
from .mix import mix
from .neighbours import neighbours
from .predict import predict
from .reproduce import reproduce
from .serve import serve
from .similarity import similarity

app = App(
    name="emograin",
    help="Fine-grained emotion classification: train, evaluate and predict 28 emotions in text.",
    version=__version__,
    default_parameter=Parameter(negative=()),
    result_action="return_value",  # main decides about exit codes
)


@app.command
def train(
    method: str | None = None,
    *,
    data: str | None = None,
    auxiliary: str | None = None,
    encoder: str | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    seed: int | None = None,
    micro_batch_size: int | None = None,
    evaluate_every: int | None = None,
    precision: Literal["auto", "bf16", "float32"] | None = None,
    dropout: float | None = None,
    ema_decay: float | None = None,
    teacher: str | None = None,
    distillation_weight: float | None = None,
    taxonomy: Path | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
    output: Path | None = None,
    resume: bool = False,
    config: Path | None = None,
    tracker: tuple[Literal["tensorboard", "mlflow", "wandb"], ...] = (),
) -> None:
    """Train a method, choosing checkpoint and thresholds on dev. The test split is not read.

    Ctrl-C saves and stops; the same command with --resume goes on. With several GPUs, or two processes on CPUs:
    accelerate launch --multi_gpu --num_processes 2 -m emograin train ...

    Parameters
    ----------
    method
        How labels are used: baseline, or label-embedding. [default: label-embedding]
    data
        goemotions, quickstart, a folder of train, dev and test files, or a file. [default: goemotions]
    auxiliary
        A second task to learn from: sentiment, ekman, or another grouping of the taxonomy.
    encoder
        minilm (from the import_optional of that name), a name on the Hugging Face hub, or a folder.
        [default: google-bert/bert-base-cased]
    epochs
        Passes over the training split. [default: 4]
    batch_size
        Texts an optimizer step, over all processes. [default: 16]
    learning_rate
        Its peak, after warm-up. [default: 5e-5]
    seed
        Fixes initial weights, batches and dropout. [default: 0]
    micro_batch_size
        Texts that are held in memory at once; the gradient stays that of the whole batch.
    evaluate_every
        Steps between evaluations on dev. [default: a quarter of an epoch]
    precision
        bf16, float32, or auto: bf16 where the hardware computes in it. [default: auto]
    dropout
        Replaces the encoder's own.
    ema_decay
        Decay a step, 0.999 say, of an average of the weights; the average is what is evaluated and kept. [default: 0]
    teacher
        Models whose scores of the training texts are learned as well: runs or exported models, with commas.
    distillation_weight
        Of the teacher's scores in what is learned; the gold labels are the rest. [default: 0.5]
    taxonomy
        Labels of your own, a TOML file.
    text_column
        The column of texts in your own file. [default: text]
    label_column
        The column of labels in your own file. [default: labels]
    output
        The run folder. [default: runs/METHOD[-AUXILIARY]-seedN]
    resume
        Go on from the last checkpoint of the run in --output.
    config
        A TOML file of these settings; flags win.
    tracker
        Log the curve there as well; may be repeated.
    """
    import_optional("torch", "train")
    from ..data.sources import load
    from ..data.taxonomy import Taxonomy
    from ..evaluation.tables import evaluation_table
    from ..models.config import Training, read_settings
    from ..models.run_folder import RunFolder
    from ..training.loop import train as train_method

    if resume and output is None:
        raise EmograinError("--resume goes on with the run in --output, got none")
    names = [
        "method",
        "data",
        "auxiliary",
        "encoder",
        "epochs",
        "batch_size",
        "learning_rate",
        "seed",
        "micro_batch_size",
    ]
    names += ["evaluate_every", "precision", "dropout", "ema_decay", "teacher", "distillation_weight"]
    names += ["text_column", "label_column"]
    given = {name: value for name, value in locals().items() if name in names and value is not None}
    if "data" in given and Path(given["data"]).exists():
        given["data"] = str(Path(given["data"]).resolve())  # a run is evaluated from anywhere
    base = RunFolder(output).settings.to_dict() if resume and output else {}
    settings = Training.from_dict(base | (read_settings(config) if config else {}) | given)
    run = RunFolder(
        output or Path("runs") / "-".join(filter(None, [settings.method, settings.auxiliary, f"seed{settings.seed}"]))
    )
    labels = Taxonomy.from_toml(taxonomy) if taxonomy else run.taxonomy if resume else None
    corpus = load(settings.data, labels, settings.text_column, settings.label_column)
    figures = train_method(settings, corpus, run, resume, tracker)
    if figures:
        print(evaluation_table(figures))
        _note(f"\nThe run is in {run.path}. Next: emograin evaluate {run.path}")


@app.command
def data(
    source: str,
    *,
    taxonomy: Path | None = None,
    text_column: str = "text",
    label_column: str = "labels",
    json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """What is in a corpus: sizes, label counts, texts that repeat within and across splits.

    Parameters
    ----------
    source
        goemotions, quickstart, a folder of train, dev and test files, or a file.
    taxonomy
        Labels of your own, a TOML file.
    text_column
        The column of texts in your own file.
    label_column
        The column of labels in your own file.
    json
        Print JSON instead of a table.
    """
    from ..data.sources import load
    from ..data.statistics import format_summary, summary
    from ..data.taxonomy import Taxonomy

    corpus = load(source, Taxonomy.from_toml(taxonomy) if taxonomy else None, text_column, label_column)
    found = summary(corpus)
    print(_json(found) if json else format_summary(found))


app.command(attend)
app.command(compare)
app.command(evaluate)
app.command(export)
app.command(mix)
app.command(neighbours)
app.command(predict)
app.command(reproduce)
app.command(serve)
app.command(similarity)


def main(arguments: list[str] | None = None) -> int:
    """Run a command: 0 done, 2 the user's mistake, 1 ours, 130 interrupted."""
    try:
        app(arguments, exit_on_error=False, print_error=False)
    except Interrupted as stop:
        return _failed(str(stop), 130)
    except EmograinError as mistake:
        return _failed(str(mistake), 2)
    except CycloptsError as mistake:
        return _failed(f"{' '.join(str(mistake).split())} (emograin --help)", 2)
    except KeyboardInterrupt:
        return _failed("interrupted", 130)
    except BrokenPipeError:  # whoever read our output has enough of it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception:
        traceback.print_exc()
        return _failed("this is a fault of emograin, not yours; please report it with the lines above", 1)
    return 0


def _failed(message: str, code: int) -> int:
    _note(f"emograin: {message}")
    return code


def _note(text: str, stream: IO[str] | None = None) -> None:
    print(text, file=stream or sys.stderr)


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)
