"""Reproduction of the paper's tables, figures and claims: `emograin reproduce`.

An experiment (Table 2 as data) is planned, run, and archived without weights; the archive is all that tables, claims,
figures/ and the report are made from. Statistics belong in evaluation/, measurements of models in analysis/.
"""
