"""The edge: HTTP, command line, settings, clock, scheduler, notices out."""
