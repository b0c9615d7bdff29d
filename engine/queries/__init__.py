"""Reads for screens and reports: values, not rows. The number of statements does not grow with the rows."""
