"""Evaluation of scores against gold labels (§4.3, §6).

Thresholds, metrics, significance tests and comparisons of systems; the results of evaluations, read and described in
words. Scoring with torch is in models/, with ONNX in prediction/; pictures of results are in reproduction/figures/.
This file stays free of imports, so that the command line starts without numpy.
"""
