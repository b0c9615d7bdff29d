"""A process on paper: models, cards, and the rules about them. Knows lxml and nothing else of the project."""
