"""BERTScore (Zhang et al. 2020) of all pairs of two sets of sentences, and each query's best matches, exactly (§3.4.1).

Belongs here: the score itself (`score`), token embeddings and their cache (`token_embeddings`), low-precision products
and the bounds they give (`low_precision`, `bounds`), the search (`search`). It depends on encoders, not on runs, labels
or mixing: which sentences become candidates is decided in `mixing.candidates`.
"""
