"""Running pipelines on one machine: an emulated AWS, and a throw-away Airflow."""
