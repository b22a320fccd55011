"""Models (§3.1-3.3, 3.5.1): encoder, methods, auxiliary task, classifier; settings of a training and its run folder.

Training a model belongs to `training`, its thresholds and metrics to `evaluation`, models without torch to
`prediction.onnx`. This package imports nothing: settings and run folders are used without torch.
"""
