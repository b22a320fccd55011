"""Analyses of labels and models (§3.2.2, §3.2.3, §5): task similarity, rater correlation, attention, word deletion.

Functions return arrays and plain values, and tables as text. Pictures belong in reproduction/figures, attributions of
single predictions in prediction/, significance tests in evaluation/.
"""
