"""The transparency log over the record (C2SP): its tree, checkpoints, keys and proofs."""
