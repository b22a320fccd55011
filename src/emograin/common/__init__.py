"""Helpers that are independent of emotion classification: errors, atomic files, optional imports, checks of settings,
text tables, progress.

Code that knows corpora, models or results belongs in the package of that name.
"""
