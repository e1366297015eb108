"""The project's JSON Schemas, and what they have against data in the user's words."""
