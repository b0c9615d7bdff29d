"""One file a verb, then the corners of the store."""
