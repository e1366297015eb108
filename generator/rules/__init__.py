"""Every rule of the linter by name, and the manual pages of those that are no module."""
