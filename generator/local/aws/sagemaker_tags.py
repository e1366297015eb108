"""SageMaker's tag operations, and the tags that every Create call brings."""

from __future__ import annotations

from typing import Any

from generator.local.aws.errors import AwsError, invalid
from generator.local.aws.tags import Tags

Request = dict[str, Any]


class SageMakerTags:
    """AddTags, ListTags and DeleteTags on whatever SageMaker resource there is."""

    OPERATIONS = ("AddTags", "ListTags", "DeleteTags")

    def __init__(self) -> None:
        self._tags = Tags()

    def create(self, arn: str, request: Request) -> None:
        """The tags of a resource just created by `request`."""
        self._tags.create(arn, _to_dict(request.get("Tags", [])))

    def forget(self, arn: str) -> None:
        """The resource was deleted."""
        self._tags.forget(arn)

    def add_tags(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AddTags.html"""
        arn = request["ResourceArn"]
        self._tags.add(arn, _to_dict(request["Tags"]), _missing(arn))
        return self.list_tags(request)

    def list_tags(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListTags.html"""
        arn = request["ResourceArn"]
        tags = self._tags.get(arn, _missing(arn))
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def delete_tags(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeleteTags.html"""
        arn = request["ResourceArn"]
        self._tags.remove(arn, request["TagKeys"], _missing(arn))
        return {}


def _to_dict(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def _missing(arn: str) -> AwsError:
    return invalid(f'Could not find resource "{arn}".')
