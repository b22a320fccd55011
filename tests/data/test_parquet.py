"""Parquet: declared types are kept, and what does not fit them or the first block is not lost."""

import io
from datetime import datetime
from decimal import Decimal

import pytest

from emograin.common.errors import EmograinError
from emograin.data.tabular.parquet_columns import declared_types
from emograin.data.tabular.reader import read_rows
from emograin.data.tabular.writer import open_writer

arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")


def read(data, column="text"):
    return list(read_rows(io.BytesIO(data), "parquet", column))


def written(rows):
    stream = io.BytesIO()
    with open_writer(stream, "parquet") as writer:
        for row in rows:
            writer.write([row])
    return stream.getvalue()


def test_parquet_marks_nulls_other_types_and_bad_bytes():
    stream = io.BytesIO()
    text = arrow.array([b"good", b"b\xffd", None], arrow.binary()).view(arrow.string())
    parquet.write_table(arrow.table({"text": text, "number": [1, 2, 3]}), stream)
    rows = read(stream.getvalue())
    assert [row.text for row in rows] == ["good", "b\ufffdd", None]
    assert [row.problem for row in rows] == [None, "not valid UTF-8", "'text' must be a string, got NoneType"]
    assert {row.problem for row in read(stream.getvalue(), "number")} == {"'number' must be a string, got int"}


@pytest.mark.parametrize(("nanoseconds", "kept"), [(0, datetime(2026, 1, 1)), (7, "2026-01-01 00:00:00.000000007")])
def test_parquet_keeps_nanoseconds(nanoseconds, kept):
    times = arrow.array([1767225600 * 10**9 + nanoseconds], arrow.timestamp("ns"))
    stream = io.BytesIO()
    parquet.write_table(arrow.table({"text": ["a"], "time": times}), stream)
    (row,) = read(stream.getvalue())
    assert row.fields["time"] == kept
    (again,) = read(written([row.fields]))
    assert again.fields["time"] == kept


def test_parquet_columns_keep_their_declared_types(tmp_path):
    nanoseconds = 1767225600 * 10**9
    columns = {
        "text": (["a", "b", "c"], arrow.large_string()),
        "price": ([Decimal("1.50"), None, Decimal("125.00")], arrow.decimal128(10, 2)),
        "count": ([None, None, 2**64 - 1], arrow.uint64()),
        "share": ([0.1, None, 0.3], arrow.float32()),
        "tags": ([[], None, ["x"]], arrow.list_(arrow.string())),
        "where": (
            [{"x": 1, "y": None}, None, {"x": 2, "y": "z"}],
            arrow.struct({"x": arrow.int8(), "y": arrow.string()}),
        ),
        "time": ([nanoseconds, None, nanoseconds + 7], arrow.timestamp("ns", "UTC")),
        "kind": (["k", None, "k"], arrow.dictionary(arrow.int8(), arrow.string())),
    }
    table = arrow.table({name: arrow.array(values, type) for name, (values, type) in columns.items()})
    parquet.write_table(table, tmp_path / "in.parquet")
    types = declared_types(tmp_path / "in.parquet")
    with open_writer(tmp_path / "out.parquet", misfits="note", types=types) as writer:
        for row in read_rows(tmp_path / "in.parquet"):  # the first block is one row
            writer.write([row.fields | {"note": None}])
    again = parquet.read_table(tmp_path / "out.parquet")
    assert again["note"].null_count == 3
    plain = table.set_column(len(columns) - 1, "kind", table["kind"].cast(arrow.string()))
    assert again.drop_columns("note").cast(plain.schema).equals(plain)
    assert [again.schema.field(name).type for name in ("price", "count", "share")] == [
        plain.schema.field(name).type for name in ("price", "count", "share")
    ]


def test_a_value_that_does_not_fit_a_declared_type_is_kept_in_a_column(tmp_path):
    types = {"number": arrow.int8(), "where": arrow.struct({"x": arrow.int8()})}
    rows = [{"number": 1, "where": {"x": 1}, "note": None}, {"number": 1000, "where": {"x": 1, "y": 2}, "note": None}]
    with open_writer(tmp_path / "out.parquet", misfits="note", types=types) as writer:
        assert writer.write(rows) == 1
    first, second = parquet.read_table(tmp_path / "out.parquet").to_pylist()
    assert first == rows[0]
    assert second["note"].endswith('{"number": 1000, "where": {"x": 1, "y": 2}}')


@pytest.mark.parametrize(
    ("first", "later"),
    [(1, "one"), (1, 1.5), ({"a": 1}, {"a": 1, "b": 2}), ([1], ["one"]), (1, 2**80), (True, 1)],
)
def test_parquet_rejects_values_of_other_types_than_the_first_block(first, later):
    with pytest.raises(EmograinError, match="JSONL"):
        written([{"text": "a", "value": first}, {"text": "b", "value": later}])
