"""Declarative machine-learning pipelines: one YAML file becomes one Airflow DAG."""
