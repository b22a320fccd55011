"""Exported models: ONNX files with a tokenizer and thresholds, written from a run and run without torch.

`model` and `session` run one and need only onnxruntime, tokenizers and numpy. The other modules write one and need
torch and onnx: `export` and `verification`, `graph_optimization`, `quantization`, and `label_directions` with
`contributions` for attributions. Predictions, and attributions to words, belong in the folder above.
"""
