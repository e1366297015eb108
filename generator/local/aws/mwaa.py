"""The emulated MWAA: environments that are available at once, and the REST API of their Airflow."""

from __future__ import annotations

import time
from threading import RLock
from typing import Any

from generator.airflow_version import NEWEST
from generator.local.aws.account import ACCOUNT_ID, Account
from generator.local.aws.errors import AwsError
from generator.local.aws.mwaa_web_server import Answer, Call, UnreachableError, WebServer
from generator.local.aws.pages import page
from generator.local.aws.tags import Tags

Request = dict[str, Any]

# What an environment gets where the request leaves it out:
# https://docs.aws.amazon.com/mwaa/latest/API/API_CreateEnvironment.html
_DEFAULTS: Request = {
    "AirflowVersion": NEWEST.name,
    "EnvironmentClass": "mw1.small",
    "MinWorkers": 1,
    "MaxWorkers": 10,
    "MinWebservers": 2,
    "MaxWebservers": 2,
    "Schedulers": 2,
    "WebserverAccessMode": "PRIVATE_ONLY",
    "EndpointManagement": "SERVICE",
    "WeeklyMaintenanceWindowStart": "SUN:03:00",
}
# An update adds to these instead of replacing them.
_MERGED = ("NetworkConfiguration", "LoggingConfiguration")


class Mwaa:
    """Answers MWAA's API. A web server is an Airflow that register() has been told of."""

    OPERATIONS = (
        *("CreateEnvironment", "GetEnvironment", "UpdateEnvironment", "DeleteEnvironment"),
        *("ListEnvironments", "ListTagsForResource", "TagResource", "UntagResource"),
        "InvokeRestApi",
    )

    def __init__(self, account: Account) -> None:
        self._account = account
        self._lock = RLock()
        self._environments: dict[str, Request] = {}
        self._web_servers: dict[str, WebServer] = {}
        self._throttled: dict[str, int] = {}
        self._tags = Tags()

    def register(self, name: str, web_server: WebServer, throttled: int = 0) -> None:
        """`web_server` answers for the environment `name` from now on.

        The first `throttled` calls are refused with a ThrottlingException, for tests.
        """
        with self._lock:
            self._web_servers[name] = web_server
            self._throttled[name] = throttled

    def forget(self, name: str, url: str) -> None:
        """The web server at `url` answers for the environment `name` no more."""
        with self._lock:
            if name in self._web_servers and self._web_servers[name].url == url:
                del self._web_servers[name]

    def create_environment(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/mwaa/latest/API/API_CreateEnvironment.html"""
        name = request["Name"]
        arn = self._account.arn("airflow", f"environment/{name}")
        with self._lock:
            if name in self._environments:
                raise AwsError("ValidationException", f"Environment {name} already exists.")
            settings = {key: value for key, value in request.items() if key != "Tags"}
            self._environments[name] = {
                **_DEFAULTS,
                **settings,
                "Arn": arn,
                "Status": "AVAILABLE",
                "CreatedAt": time.time(),
                "ServiceRoleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/aws-service-role/"
                "airflow.amazonaws.com/AWSServiceRoleForAmazonMWAA",
                "WebserverUrl": f"{name}.{self._account.region}.airflow.amazonaws.com",
                "LoggingConfiguration": self._logging(name, request),
            }
            self._tags.create(arn, request.get("Tags", {}))
        return {"Arn": arn}

    def get_environment(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/mwaa/latest/API/API_GetEnvironment.html"""
        with self._lock:
            found = self._environment(request["Name"])
            tags = self._tags.get(found["Arn"], _missing(request["Name"]))
            return {"Environment": {**found, "Tags": tags}}

    def update_environment(self, request: Request) -> Request:
        """Changes what the request names and leaves the rest; done at once.

        https://docs.aws.amazon.com/mwaa/latest/API/API_UpdateEnvironment.html
        """
        name = request["Name"]
        changes = {key: value for key, value in request.items() if key not in ("Name", *_MERGED)}
        strategy = changes.pop("WorkerReplacementStrategy", "FORCED")
        with self._lock:
            found = self._environment(name)
            merged = {
                "NetworkConfiguration": {
                    **found["NetworkConfiguration"],
                    **request.get("NetworkConfiguration", {}),
                },
                "LoggingConfiguration": {
                    **found["LoggingConfiguration"],
                    **self._logging(name, request),
                },
            }
            update = {"Status": "SUCCESS", "CreatedAt": time.time(), "Source": "UpdateEnvironment"}
            update["WorkerReplacementStrategy"] = strategy
            self._environments[name] = {**found, **changes, **merged, "LastUpdate": update}
            return {"Arn": found["Arn"]}

    def delete_environment(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/mwaa/latest/API/API_DeleteEnvironment.html"""
        with self._lock:
            self._tags.forget(self._environment(request["Name"])["Arn"])
            del self._environments[request["Name"]]
            self._web_servers.pop(request["Name"], None)
        return {}

    def list_environments(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/mwaa/latest/API/API_ListEnvironments.html"""
        with self._lock:
            names, following = page(sorted(self._environments), request, "MaxResults", most=25)
        return {"Environments": names, **following}

    def list_tags_for_resource(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/mwaa/latest/API/API_ListTagsForResource.html"""
        arn = request["ResourceArn"]
        return {"Tags": self._tags.get(arn, _missing(arn))}

    def tag_resource(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/mwaa/latest/API/API_TagResource.html"""
        arn = request["ResourceArn"]
        self._tags.add(arn, request["Tags"], _missing(arn))
        return {}

    def untag_resource(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/mwaa/latest/API/API_UntagResource.html"""
        arn = request["ResourceArn"]
        self._tags.remove(arn, request["tagKeys"], _missing(arn))
        return {}

    def invoke_rest_api(self, request: Request) -> Request:
        """Calls the registered Airflow; what it refuses is an exception with its status and answer.

        AWS does not say what a web server that is not there looks like; here it is a
        RestApiServerException with 503, and with 504 where ten seconds were not enough.
        https://docs.aws.amazon.com/mwaa/latest/API/API_InvokeRestApi.html
        """
        answer = self._ask(request)
        content = {"RestApiStatusCode": answer.status, "RestApiResponse": answer.content}
        if answer.status >= 500:
            raise AwsError("RestApiServerException", "", **content)
        if answer.status >= 400:
            raise AwsError("RestApiClientException", "", **content)
        return content

    def _ask(self, request: Request) -> Answer:
        name = request["Name"]
        with self._lock:
            self._environment(name)
            web_server = self._web_servers.get(name)
            if self._throttled.get(name):
                self._throttled[name] -= 1
                raise AwsError("ThrottlingException", "Rate exceeded", 429)
        if web_server is None:
            return Answer(503, {"detail": f"no Airflow runs for the environment {name}"})
        query, body = request.get("QueryParameters") or {}, request.get("Body")
        try:
            return web_server.call(Call(request["Method"], request["Path"], query, body))
        except UnreachableError as error:
            return Answer(error.status, {"detail": str(error)})

    def _environment(self, name: str) -> Request:
        if name not in self._environments:
            raise _missing(name)
        return self._environments[name]

    def _logging(self, name: str, request: Request) -> Request:
        """The modules' settings with the log groups that MWAA makes for them."""
        modules = request.get("LoggingConfiguration", {})
        arn = f"arn:aws:logs:{self._account.region}:{ACCOUNT_ID}:log-group:airflow-{name}-"
        return {
            module: {**setting, "CloudWatchLogGroupArn": arn + module.removesuffix("Logs")}
            for module, setting in modules.items()
        }


def _missing(name: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"No Amazon MWAA environment found: {name}", 404)
