"""Use cases: permission first, then rule, then commit."""
