"""Bringing a project to Amazon MWAA: the bundle, its upload, and a look at the account."""
