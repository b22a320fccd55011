"""Mixing at inference (§3.4, §3.5.2, §3.5.3, §4.4): documents are mixed with candidate sentences; nothing is trained.

candidates/ has the sources of candidates, bertscore/ the exact search behind one of them; embedding_mixing.py and
score_mixing.py have the formulas, registered in mixers.py; weight_sweep.py chooses the weight on dev; evaluation.py
runs it all on a run folder. Pictures belong in reproduction/figures, thresholds and metrics in evaluation/.
"""
