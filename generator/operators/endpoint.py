"""EndpointOperator: creates or updates an endpoint, and believes nothing but what is live."""

from __future__ import annotations

import time
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook
from airflow.providers.amazon.aws.operators.sagemaker import SageMakerEndpointOperator, serialize
from botocore.exceptions import ClientError

from generator.operators.consistency import once_known
from generator.operators.endpoint_failure import failure
from generator.operators.endpoint_state import CHANGING, STUCK, EndpointState, endpoint_state
from generator.operators.endpoint_step import EndpointStep, read_step
from generator.operators.job import JobWaiting
from generator.operators.job_trigger import GONE, GRACE, Outcome, Watched, is_unknown
from generator.operators.scalable_target import deregister, instance_types, registered

try:
    from airflow.sdk.exceptions import AirflowException, AirflowFailException
except ImportError:  # before Airflow 3.2
    from airflow.exceptions import (  # type: ignore[no-redef, attr-defined]
        AirflowException,
        AirflowFailException,
    )

_LONGEST_DELETION = 600
_BUSY = ("Cannot update in-progress", "already exist")
_SAME = "already uses"
# Whatever else can be retained is what the new configuration says: above all data capture.
_KEEP_COUNT = {
    "RetainAllVariantProperties": True,
    "ExcludeRetainedVariantProperties": [
        {"VariantPropertyType": "DesiredWeight"},
        {"VariantPropertyType": "DataCaptureConfig"},
    ],
}


class EndpointOperator(JobWaiting, SageMakerEndpointOperator):
    """Makes an endpoint serve a configuration: created by the first run, updated by later ones.

    Holes of the stock operator that this one closes:

    - an update that SageMaker rolls back ends InService on the *old* configuration, and counts as
      success; Terraform has had the same
      (https://github.com/hashicorp/terraform-provider-aws/issues/39099);
    - an endpoint that is Failed can neither be created nor updated, so every later run fails;
    - a retry during an update fails, because the endpoint is busy with that very update;
    - without deferral it waits thirty times as long as it was told, deferred it gives up after
      480 looks.

    ``scaled`` tells that the endpoint shall scale by itself, so that an update keeps the number of
    instances. An update cannot be called off: a task that is killed leaves it to its end, and the
    next try goes on with it. ``check_interval`` are the seconds between two looks, ``timeout``
    those of the whole wait. XCom: ``{"EndpointConfig": …, "Endpoint": …}``, as AWS describes both.
    """

    def __init__(self, *, timeout: int, scaled: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.timeout = timeout
        self.scaled = scaled

    def execute(self, context: Any) -> dict[str, Any]:
        self.preprocess_config()
        return self._bring(context, time.time() + self.timeout)

    def finish(self, context: Any, state: str, watched: Watched) -> dict[str, Any]:
        step = read_step(watched.purpose)
        if not step.ours:
            return self._bring(context, step.deadline)
        found = self._noticed(step.before)
        if found and found.becomes(self._wanted):
            return self._await(context, step)
        if found is None or not found.goes_on_serving(self._wanted):
            kind = AirflowFailException if found and found.status == STUCK else AirflowException
            raise kind(failure(self.config, found, unscaled=step.unscaled))
        self.log.info("%s serves %s", self._name, self._wanted)
        return self._described()

    def stop_all(self, context: Any) -> None:
        """Nothing: SageMaker has no request that ends an update."""

    def _end(self, context: Any, outcome: Outcome) -> Any:
        step = read_step(self._watched.purpose) if self._watched else None
        # One that was being deleted is gone now.
        if outcome.kind == GONE and step and not step.ours:
            return self._bring(context, step.deadline)
        return super()._end(context, outcome)

    @property
    def _name(self) -> str:
        return str(self.config["EndpointName"])

    @property
    def _wanted(self) -> str:
        return str(self.config["EndpointConfigName"])

    def _bring(self, context: Any, deadline: float) -> dict[str, Any]:
        """Do the next thing on the way to the wanted configuration."""
        found = endpoint_state(self.hook.conn, self._name)
        if found and found.status in CHANGING:
            ours = found.becomes(self._wanted)
            self.log.info("%s is %s%s", self._name, found.status, " to ours" if ours else "")
            return self._await(context, EndpointStep(ours, deadline))
        if found and found.serves(self._wanted):
            self.log.info("%s serves %s already", self._name, self._wanted)
            return self._described()
        if found and found.status == STUCK:
            raise AirflowFailException(failure(self.config, found, unscaled=False))
        if found and found.status == "Failed":
            self._delete(found)
            found = None
        return self._await(context, self._send(found, deadline))

    def _send(self, found: EndpointState | None, deadline: float) -> EndpointStep:
        """Create or update; return what to wait for: where it is busy, that it settles."""
        unscaled = False
        try:
            if found is None:
                self.log.info("Creating %s with %s", self._name, self._wanted)
                once_known(lambda: self.hook.conn.create_endpoint(**self.config))
            else:
                kept, unscaled = self._prepare_scaling(found)
                update = {key: value for key, value in self.config.items() if key != "Tags"} | kept
                self.log.info("Updating %s from %s to %s", self._name, found.live, self._wanted)
                once_known(lambda: self.hook.conn.update_endpoint(**update))
        except ClientError as error:
            said = error.response["Error"].get("Message", "")
            if _SAME not in said:
                if not any(words in said for words in _BUSY):
                    raise
                self.log.info("%s is busy: %s", self._name, said)
                time.sleep(self.check_interval)
                return EndpointStep(False, deadline)
        return EndpointStep(True, deadline, found.modified if found else "", unscaled)

    def _prepare_scaling(self, found: EndpointState) -> tuple[dict[str, Any], bool]:
        """Return what an update says about scaling, and whether a target had to be taken away.

        A scaling target stands in the way of another instance type; it is registered again later:
        https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
        """
        client = self._scaling_client()
        scaling = registered(client, self._name, found.variants)
        if not scaling:
            return {}, False
        before, after = self._instance_types(found.live), self._instance_types(self._wanted)
        kept = [name for name in scaling if name in after and after[name] == before.get(name)]
        for variant in scaling:
            if not self.scaled or variant not in kept:
                self.log.warning("Taking autoscaling away from %s of %s", variant, self._name)
                deregister(client, self._name, variant)
        if self.scaled:
            return (_KEEP_COUNT if kept else {}), len(kept) < len(scaling)
        return {}, True

    def _scaling_client(self) -> Any:
        hook: AwsGenericHook[Any] = AwsGenericHook(
            client_type="application-autoscaling", **self.connection
        )
        return hook.conn

    def _instance_types(self, configuration: str) -> dict[str, str | None]:
        """Return those of the variants; nothing where somebody has deleted the configuration."""
        try:
            found = once_known(lambda: self.hook.describe_endpoint_config(configuration))
        except ClientError as error:
            if is_unknown(error):
                return {}
            raise
        return instance_types(found)

    def _delete(self, found: EndpointState) -> None:
        """Delete an endpoint that serves nothing, and wait until it is gone."""
        self.log.warning("%s is Failed (%s): it is made anew", self._name, found.reason)
        try:
            self.hook.conn.delete_endpoint(EndpointName=self._name)
        except ClientError as error:
            if not is_unknown(error) and not any(words in str(error) for words in _BUSY):
                raise
        patience = time.time() + _LONGEST_DELETION
        while endpoint_state(self.hook.conn, self._name) is not None:
            if time.time() > patience:
                raise AirflowException(f"{self._name} is Failed and cannot be deleted")
            time.sleep(min(self.check_interval, 5))

    def _noticed(self, before: str) -> EndpointState | None:
        """Look at the endpoint once AWS tells more than what was so before the request."""
        patience = time.time() + GRACE
        while True:
            found = endpoint_state(self.hook.conn, self._name)
            told = found is not None and found.modified != before
            if told or time.time() > patience:
                return found
            time.sleep(self.check_interval)

    def _await(self, context: Any, step: EndpointStep) -> dict[str, Any]:
        watched = Watched(
            service="sagemaker",
            describe="describe_endpoint",
            request={"EndpointName": self._name},
            state=["EndpointStatus"],
            live=list(CHANGING),
            purpose=step.text,
        )
        answer: dict[str, Any] = self.wait(context, watched, step.deadline)
        return answer

    def _described(self) -> dict[str, Any]:
        config = once_known(lambda: self.hook.describe_endpoint_config(self._wanted))
        endpoint = once_known(lambda: self.hook.describe_endpoint(self._name))
        return {"EndpointConfig": serialize(config), "Endpoint": serialize(endpoint)}
