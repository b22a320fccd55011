"""Labels of one's own: unions of a model's labels, the map from network scores to theirs, corpora in either labels.

Belongs here: everything that a mapping of labels changes about scores, gold labels and thresholds; numpy only. This
file stays free of imports, so that the command line starts without numpy.
"""
