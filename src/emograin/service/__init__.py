"""The HTTP service: an ASGI app around a model, with dynamic batching, limits, logs, metrics and a demo page.

Start with `app`. What the service predicts with belongs in prediction/, the command's flags in cli/serve.py.
All modules but `settings` need the extra `serve`.
"""
