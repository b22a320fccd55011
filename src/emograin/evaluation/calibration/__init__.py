"""Calibration of scores: from a model's own held-out scores, from a labelled sample, or for other label frequencies.

Belongs here: fitting calibrations, thresholds from calibrated scores, and reports of both; numpy only. The folder that
`emograin calibrate` writes is in `prediction.calibrated_folder`. This file stays free of imports, so that the command
line starts without numpy.
"""
