"""Folders that other libraries load: transformers, text-embeddings-inference, optimum, transformers.js.

formats.py opens a run or an exported model and writes one of them; `FORMATS` there names them.
"""
