"""Stories first, then one file a verb, then sharp corners."""
