"""What the text of a Glue script says about the arguments that it reads."""
