"""Stands in for the `awsglue` package inside emulated Glue runs; holds getResolvedOptions only."""
