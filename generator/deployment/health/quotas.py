"""Checks: the account may have as many instances and job runs as the pipelines ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from generator.deployment.health.installation import Installation
from generator.deployment.health.result import Result, note, right, skipped, wrong
from generator.stages.glue import GlueJob

SAGEMAKER, GLUE = "SageMaker quotas", "Glue quota"
_GLUE_RUNS = "Max concurrent job runs per account"


def look_at_sagemaker(installation: Installation) -> Iterator[Result]:
    """Yield what is too small, or one result that all is enough.

    A training job needs its instances while it runs; the largest counts. An endpoint needs its for
    good, and while it is updated the new ones beside the old:
    https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green.html
    """
    needed, beside = training(installation), endpoints(installation)
    if not needed and not beside:
        yield skipped(SAGEMAKER, "no pipeline needs an instance")
        return
    quotas = _quotas(installation, "sagemaker")
    results = [each for name, count in needed.items() for each in _enough(quotas, name, count)]
    for name, (count, largest) in beside.items():
        results += _enough(quotas, name, count) or _enough_to_update(quotas, name, count, largest)
    kinds = len(needed) + len(beside)
    seen = ", ".join(f"{_value(quotas, name):g} {name}" for name in (*needed, *beside))
    shown = seen if kinds <= 3 else f"{kinds} kinds of instances, enough of each"
    yield from results or [right(SAGEMAKER, shown)]


def look_at_glue(installation: Installation) -> Iterator[Result]:
    """Yield one result: the runs that one pipeline can have at once."""
    most = max((len(each.of_kind(GlueJob)) for each in installation.pipelines), default=0)
    if not most:
        yield skipped(GLUE, "no pipeline has a Glue job")
        return
    quotas = _quotas(installation, "glue")
    results = _enough(quotas, _GLUE_RUNS, most, GLUE)
    yield from results or [right(GLUE, f"{_value(quotas, _GLUE_RUNS):g} job runs at once")]


def training(installation: Installation) -> dict[str, int]:
    """Return for each quota of training jobs how many instances the largest job has."""
    needed: dict[str, int] = {}
    for job in installation.trainings():
        kind = "spot training job" if job.max_wait else "training job"
        name = f"{job.instance_type} for {kind} usage"
        needed[name] = max(needed.get(name, 0), job.instance_count)
    return needed


def endpoints(installation: Installation) -> dict[str, tuple[int, int]]:
    """Return for each quota of endpoints the instances of all of them, and of the largest."""
    found: dict[str, list[int]] = {}
    for endpoint in installation.endpoints():
        name = f"{endpoint.instance_type} for endpoint usage"
        found.setdefault(name, []).append(endpoint.instance_count)
    return {name: (sum(counts), max(counts)) for name, counts in found.items()}


def _quotas(installation: Installation, service: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the quotas of a service by their names: AWS has no other way to look for one."""
    account = installation.account
    found = account.pages("service-quotas", "list_service_quotas", "Quotas", ServiceCode=service)
    return {quota["QuotaName"]: {**quota, "Region": account.region} for quota in found}


def _value(quotas: Mapping[str, Mapping[str, Any]], name: str) -> float:
    return float(quotas[name]["Value"]) if name in quotas else 0.0


def _enough(
    quotas: Mapping[str, Mapping[str, Any]], name: str, needed: int, subject: str = SAGEMAKER
) -> list[Result]:
    if name not in quotas:
        seen = f"AWS lists no quota '{name}'"
        return [note(subject, seen, "It may not have this kind in this region.")]
    value = _value(quotas, name)
    if value >= needed:
        return []
    seen = f"{value:g} {name}, and the pipelines need {needed}"
    return [wrong(subject, seen, _how_to_ask(quotas[name], needed))]


def _enough_to_update(
    quotas: Mapping[str, Mapping[str, Any]], name: str, count: int, largest: int
) -> list[Result]:
    value = _value(quotas, name)
    if name not in quotas or value >= count + largest:
        return []
    seen = f"{value:g} {name} is enough for the first deployment; an update takes {count + largest}"
    return [note(SAGEMAKER, seen, _how_to_ask(quotas[name], count + largest))]


def _how_to_ask(quota: Mapping[str, Any], needed: int) -> str:
    command = (
        "aws service-quotas request-service-quota-increase"
        f" --service-code {quota['ServiceCode']} --quota-code {quota['QuotaCode']}"
        f" --desired-value {needed} --region {quota['Region']}"
    )
    return f"Ask for more, which can take a day: `{command}`"
