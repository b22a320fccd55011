"""The default threshold policy and descriptions of all, without numpy, so that the command line lists them at once."""

from ..models.thresholds_file import Policy

DEFAULT_POLICY: Policy = "per-label"
DESCRIPTIONS: dict[str, str] = {
    "fixed": "threshold 0.3",
    "global": "one threshold for all labels",
    "per-label": "one threshold per label",
}
