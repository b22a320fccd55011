"""Exported models: ONNX files with a tokenizer and thresholds, written from a run and run without torch.

`model`, `description`, `scorer` and `session` run one and need only onnxruntime, tokenizers and numpy. `export`,
`verification`, `graph_optimization`, `quantization`, and `label_directions` with `contributions` for attributions write
one, and `read_back` makes it a torch module again; they need torch and onnx. Predictions, and attributions to words,
belong in the folder above.
"""
