"""EndpointOperator: creates or updates an endpoint, and believes nothing but what is live."""

from __future__ import annotations

import time
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook
from airflow.providers.amazon.aws.operators.sagemaker import SageMakerEndpointOperator, serialize
from botocore.exceptions import ClientError

from generator.operators.endpoint_state import CHANGING, STUCK, EndpointState, endpoint_state
from generator.operators.job import JobWaiting
from generator.operators.job_trigger import GONE, Outcome, Watched
from generator.operators.scalable_target import instance_types, is_registered, target

try:
    from airflow.sdk.exceptions import AirflowException, AirflowFailException
except ImportError:  # before Airflow 3.2
    from airflow.exceptions import (  # type: ignore[no-redef, attr-defined]
        AirflowException,
        AirflowFailException,
    )

_SETTLE, _CHANGE = "settle", "change"
_LONGEST_DELETION = 600
_BUSY = ("Cannot update in-progress", "already existing endpoint", "already exist")
_SAME = "already uses"


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
        if watched.purpose == _SETTLE:
            return self._bring(context, time.time() + self.timeout)
        found = endpoint_state(self.hook.conn, self._name)
        if found is None or not found.serves(self._wanted):
            raise AirflowException(self._why(found, state))
        self.log.info("%s serves %s", self._name, self._wanted)
        return self._described()

    def stop_all(self, context: Any) -> None:
        """Nothing: SageMaker has no request that ends an update."""

    def _end(self, context: Any, outcome: Outcome) -> Any:
        # One that was being deleted is gone now.
        if outcome.kind == GONE and self._watched and self._watched.purpose == _SETTLE:
            return self._bring(context, time.time() + self.timeout)
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
            return self._await(context, _CHANGE if ours else _SETTLE, deadline)
        if found and found.serves(self._wanted):
            self.log.info("%s serves %s already", self._name, self._wanted)
            return self._described()
        if found and found.status == STUCK:
            raise AirflowFailException(self._why(found, STUCK))
        if found and found.status == "Failed":
            self._delete(found)
            found = None
        purpose = _CHANGE if self._send(found) else _SETTLE
        return self._await(context, purpose, deadline)

    def _send(self, found: EndpointState | None) -> bool:
        """Create or update; return False where the endpoint is busy with something else."""
        try:
            if found is None:
                self.log.info("Creating %s with %s", self._name, self._wanted)
                self.hook.conn.create_endpoint(**self.config)
            else:
                update = {key: value for key, value in self.config.items() if key != "Tags"}
                keep = {"RetainAllVariantProperties": True} if self._keeps_scale(found) else {}
                self.log.info("Updating %s from %s to %s", self._name, found.live, self._wanted)
                self.hook.conn.update_endpoint(**update, **keep)
        except ClientError as error:
            said = error.response["Error"].get("Message", "")
            if _SAME in said:
                return True
            if not any(words in said for words in _BUSY):
                raise
            self.log.info("%s is busy: %s", self._name, said)
            return False
        return True

    def _keeps_scale(self, found: EndpointState) -> bool:
        """Return whether the update shall keep the number of instances.

        A scaling target stands in the way of another instance type; it is registered again later:
        https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
        """
        hook: AwsGenericHook[Any] = AwsGenericHook(
            aws_conn_id=self.aws_conn_id,
            region_name=self.region_name,
            verify=self.verify,
            config=self.botocore_config,
            client_type="application-autoscaling",
        )
        before = instance_types(self.hook.describe_endpoint_config(found.live))
        after = instance_types(self.hook.describe_endpoint_config(self._wanted))
        kept = False
        for variant, instance_type in before.items():
            if not is_registered(hook.conn, self._name, variant):
                continue
            if self.scaled and after.get(variant) == instance_type:
                kept = True
            else:
                self.log.info("Taking the scaling target of %s away", variant)
                hook.conn.deregister_scalable_target(**target(self._name, variant))
        return kept

    def _delete(self, found: EndpointState) -> None:
        """Delete an endpoint that has never served, and wait until it is gone."""
        self.log.warning("%s is Failed (%s): it is made anew", self._name, found.reason)
        self.hook.conn.delete_endpoint(EndpointName=self._name)
        patience = time.time() + _LONGEST_DELETION
        while endpoint_state(self.hook.conn, self._name) is not None:
            if time.time() > patience:
                raise AirflowException(f"{self._name} is Failed and cannot be deleted")
            time.sleep(min(self.check_interval, 5))

    def _await(self, context: Any, purpose: str, deadline: float) -> dict[str, Any]:
        watched = Watched(
            service="sagemaker",
            describe="describe_endpoint",
            request={"EndpointName": self._name},
            state=["EndpointStatus"],
            live=list(CHANGING),
            purpose=purpose,
        )
        answer: dict[str, Any] = self.wait(context, watched, deadline)
        return answer

    def _why(self, found: EndpointState | None, state: str) -> str:
        alarms = self.config.get("DeploymentConfig", {}).get("AutoRollbackConfiguration", {})
        names = ", ".join(alarm["AlarmName"] for alarm in alarms.get("Alarms", ()))
        look = f"look at the alarms {names} and at" if names else "look at"
        reason = found.reason if found else ""
        silent = f"SageMaker gives no reason; {look} the log /aws/sagemaker/Endpoints/{self._name}"
        if state == STUCK:
            return (
                f"{self._name} is {STUCK}: it serves a mixture of {found and found.live} and a "
                f"later configuration. Delete it or ask AWS, then run again ({reason or silent})"
            )
        if found and found.status == "InService":
            return (
                f"the update of {self._name} to {self._wanted} was rolled back; it still serves "
                f"{found.live}: {reason or silent}"
            )
        return f"{self._name} is {found.status if found else 'gone'}: {reason or silent}"

    def _described(self) -> dict[str, Any]:
        return {
            "EndpointConfig": serialize(self.hook.describe_endpoint_config(self._wanted)),
            "Endpoint": serialize(self.hook.describe_endpoint(self._name)),
        }
