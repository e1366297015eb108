"""What is told over Amazon SNS: a task failed, a model was refused, a run succeeded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

from airflow.providers.amazon.aws.notifications.sns import SnsNotifier

from generator.operators.notice_text import UNKNOWN, printable, reason_of, subject_of
from generator.operators.pages import airflow_page, aws_page, run_page
from generator.operators.refusal import ModelRefusedError

TOLD = "notice"
"""The XCom key of a failed task that its failure was told of."""


class Notice(SnsNotifier):
    """Tells a topic of something, in a text that nothing is rendered in.

    The provider's notifier renders its texts in place, for good: the second time that a process
    uses one (the dag processor does) it repeats the first message, and would take what an
    exception said for a template. A subject that SNS refuses loses the whole message.

    ``subject`` and ``message`` are the beginning of what is told, ``region`` that of AWS.
    """

    template_fields: Sequence[str] = ()

    def __init__(
        self, *, target_arn: str, subject: str, message: str, region: str, **kwargs: Any
    ) -> None:
        super().__init__(target_arn=target_arn, subject=subject, message=message, **kwargs)
        self.region = region

    def render_template_fields(self, *_: Any, **__: Any) -> None:
        """Render nothing; of `airflow dags test` the provider's would ask what it does not have."""

    def tell(self, context: Any, facts: Mapping[str, str | None]) -> None:
        """Publish the message with some facts about it; those that are None are left out."""
        lines = [f"{name}: {value}" for name, value in facts.items() if value]
        filled = copy(self)
        filled.subject = subject_of(self.subject or "")
        filled.message = printable("\n".join([self.message, "", *lines]))
        SnsNotifier.notify(filled, context)  # type: ignore[no-untyped-call]

    def about_task(self, context: Any, ti: Any, reason: str) -> dict[str, str | None]:
        """Return the facts about a task that ended badly."""
        task = context["dag"].get_task(ti.task_id) if ti is not context.get("ti") else ti.task
        return {
            "Run": ti.run_id,
            "Task": ti.task_id,
            "Reason": reason,
            "Log": airflow_page(ti),
            "AWS": aws_page(task, reason, self.region),
        }


class FailedTaskNotice(Notice):
    """Tells of a task that failed and will not be tried again: its ``on_failure_callback``.

    A callback without an exception comes from the dag processor, of a task that died. Where
    ``FailedRunNotice`` is in use too (not ``alone``) it is left to that one, for nothing can be
    noted in XCom there.
    """

    def __init__(self, *, alone: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alone = alone

    def notify(self, context: Any) -> None:
        ti, error = context["ti"], context.get("exception")
        if not error and (not self.alone or ti.try_number <= ti.max_tries):
            return  # Airflow 3.0 calls this also before it tries again
        if error and not self.alone and _was_set(ti):
            return
        self.tell(context, self.about_task(context, ti, reason_of(error)))
        if error:
            ti.xcom_push(key=TOLD, value=True)


class FailedRunNotice(Notice):
    """Tells of a failed run whose last failed task was not told of: the DAG's own callback.

    A task that was killed with SIGKILL has no callback in Airflow 3
    (https://github.com/apache/airflow/issues/60858), nor has one that is marked as failed by hand
    while it is deferred.
    """

    def notify(self, context: Any) -> None:
        ti = _failed(context)
        if ti is None:
            run = context["run_id"]
            page = run_page(context["dag"].dag_id, run)
            self.tell(context, {"Run": run, "Reason": context.get("reason"), "Log": page})
        elif not _pulled(ti, ti.task_id, TOLD, otherwise=True):
            self.tell(context, self.about_task(context, ti, UNKNOWN))


class SucceededRunNotice(Notice):
    """Tells of a run that succeeded: the DAG's own callback.

    ``gate`` is the task that may have skipped the deployment, which is no failure of the run.
    """

    def __init__(self, *, gate: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.gate = gate

    def notify(self, context: Any) -> None:
        run, refusals = context["run_id"], self._refusals(context)
        page = run_page(context["dag"].dag_id, run)
        skipped = f"the new model was refused: {refusals}" if refusals else None
        self.tell(context, {"Run": run, "Not deployed": skipped, "Page": page})

    def _refusals(self, context: Any) -> str:
        ti = context.get("ti")
        if self.gate is None or ti is None:
            return ""
        return "; ".join((_pulled(ti, self.gate) or {}).get("refusals", ()))


class RefusedModelNotice(Notice):
    """Tells of a model that the evaluation refused: its ``on_failure_callback``.

    ``otherwise`` are the arguments of the FailedTaskNotice that tells of any other failure.
    """

    def __init__(self, *, otherwise: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.otherwise = FailedTaskNotice(**otherwise) if otherwise else None

    def notify(self, context: Any) -> None:
        ti, error = context["ti"], context.get("exception")
        if isinstance(error, ModelRefusedError):
            self.tell(context, self.about_task(context, ti, reason_of(error)))
            ti.xcom_push(key=TOLD, value=True)
        elif self.otherwise:
            self.otherwise.notify(context)


class SkippedModelNotice(Notice):
    """Tells of a refused model whose deployment is skipped: ``on_skipped_callback``.

    No version of Airflow hands over what the task raised, so its judgement is taken from XCom.
    """

    def notify(self, context: Any) -> None:
        ti = context["ti"]
        judgement = ti.xcom_pull(task_ids=ti.task_id) or {}
        refusals = "; ".join(judgement.get("refusals", ()))
        if refusals:
            self.tell(context, self.about_task(context, ti, refusals))


def _failed(context: Any) -> Any:
    """Return the task instance that failed last, or None."""
    run = context.get("dag_run")
    if not hasattr(run, "get_task_instances"):  # Airflow 3 has chosen it
        return context.get("ti")
    failed = run.get_task_instances(state=["failed"])
    return max(failed, key=lambda ti: ti.end_date.timestamp() if ti.end_date else 0, default=None)


def _was_set(ti: Any) -> bool:
    """Say whether somebody has set the state of a task that was running.

    Airflow 3 ends the task then, which fails of that, but the run's own notice has told already.
    Airflow 2 calls nobody back.
    """
    if not hasattr(ti, "get_task_states"):
        return False
    try:
        states = ti.get_task_states(dag_id=ti.dag_id, task_ids=[ti.task_id], run_ids=[ti.run_id])
    except Exception:  # of Airflow's own, which is no reason to tell nothing
        return False
    return bool(states.get(ti.run_id, {}).get(ti.task_id, "running") != "running")


def _pulled(ti: Any, task: str, key: str = "return_value", otherwise: Any = None) -> Any:
    """Return an XCom of the run to its own callback.

    ``otherwise`` is for `airflow dags test` of Airflow 3, where a run's callback has no XCom.
    """
    try:
        return ti.xcom_pull(task_ids=task, key=key)
    except ImportError:
        return otherwise
