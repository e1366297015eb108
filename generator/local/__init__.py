"""The emulated AWS: Glue, SageMaker and the rest of a pipeline's world on one machine."""
