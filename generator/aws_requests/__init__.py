"""The requests that a pipeline's tasks will send to AWS, and what AWS has against them."""
