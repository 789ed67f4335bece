"""Interactions in, ranked offerings with true reasons out."""
