"""Search engines behind one protocol; `protocol` is what the rest of the indexer may know of them."""
