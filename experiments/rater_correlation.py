"""Fig. 9's figures and picture from raters' rows; the figures are kept, so that the picture can be drawn without them.

python experiments/rater_correlation.py --raters rater_rows.csv.gz
python experiments/rater_correlation.py                              the raw rows of GoEmotions, from the hub
"""

import argparse
from pathlib import Path

from emograin.analysis.rater_correlation import correlations, read_judgements
from emograin.models.run_folder import RunFolder
from emograin.reproduction.figures import rater_correlation

RESULTS = Path(__file__).parents[1] / "results"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--raters", default="goemotions", help="a file with columns id and one a label, of 0 and 1")
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    found = correlations(read_judgements(options.raters))
    written = RunFolder(options.output).write_json("rater_correlation.json", found)
    for path in (written, *rater_correlation(options.output / "rater_correlation.png", found)):
        print(path)


if __name__ == "__main__":
    main()
