"""The service: an app around a model; requests in flight are computed in batches. app.py needs the extra `serve`."""
