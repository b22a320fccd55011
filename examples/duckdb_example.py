"""Predict a column inside DuckDB: a vectorised function in SQL, and a table of predictions that SQL reads.

pip install duckdb pyarrow
python examples/duckdb_example.py
"""

from typing import Any

import duckdb
import pyarrow

import emograin

REVIEWS = [
    (1, "Thank you so much, you made my whole week!"),
    (2, "They cancelled it again, so annoying"),
    (3, "I love this phone, best one I ever had"),
    (4, None),
    (5, "what do you mean by that?"),
]


def add_emotions(connection: Any, model: Any) -> None:
    """Register `emotions(text)`, which returns a list of labels, and NULL for a text that cannot be predicted."""

    def emotions(texts: pyarrow.ChunkedArray) -> pyarrow.Array:
        # DuckDB passes a column of up to 2,048 rows at a time.
        rows = model.predict(texts)
        return pyarrow.array([None if row.error else list(row.labels) for row in rows], pyarrow.list_(pyarrow.string()))

    connection.create_function("emotions", emotions, ["VARCHAR"], "VARCHAR[]", type="arrow", null_handling="special")


def main() -> None:
    model = emograin.load()
    connection = duckdb.connect()
    connection.execute("CREATE TABLE reviews (id INTEGER, text VARCHAR)")
    connection.executemany("INSERT INTO reviews VALUES (?, ?)", REVIEWS)

    add_emotions(connection, model)
    for row in connection.sql("SELECT id, emotions(text) FROM reviews ORDER BY id").fetchall():
        print(*row)

    # All columns at once: predictions as an Arrow table, joined by position.
    table = connection.sql("SELECT id, text FROM reviews ORDER BY id").to_arrow_table()
    predictions = model.predict(table["text"]).to_arrow(all_scores=True)
    connection.register("predictions", predictions.append_column("id", table["id"]))
    print(connection.sql("SELECT id, round(score_joy, 2) AS joy, error FROM predictions ORDER BY joy DESC LIMIT 2"))


if __name__ == "__main__":
    main()
