"""Texts to labels, without torch: predictors, output rows, streams, and folders of files.

`predictor` predicts lists of texts, `stream` writes one output, `folder` many, on one of the `engines`.
`onnx/` writes and runs exported models, `export_formats/` writes folders for other libraries; `shipped/` is the bundled
model. Thresholds and metrics belong in evaluation/, file formats in data/tabular/, HTTP in service/. Keep this file
without imports: `emograin --help` must start at once.
"""
