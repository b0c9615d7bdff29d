"""The bench: what the product costs beside the floor, a naive engine and itself. `python -m tests.bench`; never a test."""
