"""One YAML file as it was written: its text, its data and where each value stands."""
