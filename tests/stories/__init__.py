"""Whole stories of one complaint, told with people and a hand-turned clock."""
