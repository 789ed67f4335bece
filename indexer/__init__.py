"""Feeds into the catalogue, the catalogue into a search engine, and questions back."""
