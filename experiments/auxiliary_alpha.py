"""Auxiliary tasks at several alphas, at which their weight starts (eq. 1), on the baseline and on label embeddings.

    python experiments/auxiliary_alpha.py --data goemotions --every 2

At alpha 1 the auxiliary task has no weight: that is the method alone, with which the others are compared. See
short_training.py for scores, seeds and intervals.
"""

from short_training import Cell, options_of, train_cells

ALPHAS = (0.8, 0.65, 0.5)  # the paper's first
TASKS = ("sentiment", "ekman")
METHODS = ("baseline", "label-embedding")

CELLS = {
    method if task is None else f"{method}, {task}, alpha {alpha}": Cell(
        method, {"method": method, "auxiliary": task, "alpha": alpha}
    )
    for method in METHODS
    for task, alpha in [(None, 1.0), *((task, alpha) for task in TASKS for alpha in ALPHAS)]
}


def main() -> None:
    train_cells(CELLS, options_of(__doc__, CELLS, "auxiliary_alpha"))


if __name__ == "__main__":
    main()
