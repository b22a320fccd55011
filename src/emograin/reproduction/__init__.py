"""The paper's tables, figures and claims, remade: `emograin reproduce`.

training_plan.py    which trainings the rows of Table 2 need, and which are there
tiny_models.py      random models, to run every row in minutes
remaking.py         trained or resumed, evaluated, kept without weights
kept_results.py     what is kept of a run
systems.py          kept rows read back and compared
table_2.py          the table beside the paper's
claims.py           the paper's claims, and whether they hold
rendering.py        every file from kept results
report.py           one page with all of it
"""
