"""Rows of text, CSV, TSV, JSONL and Parquet files: formats, reader and writer.

Rows are plain columns and values here; labels and splits are read from them in `data.corpus_files`.
"""
