"""The two kinds of Jinja: ``${{ }}`` when a file is read, ``{{ }}`` when a task runs."""
