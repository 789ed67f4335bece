"""The elder view: the same services, data and words at addresses of its own, large and one thing at a time."""
