"""The buckets that a Glue script sees as s3://: a folder, filled before the run and sent back.

Spark reads the folder through Hadoop's own ViewFs, which takes over the schemes s3, s3a and s3n by
configuration alone, so neither hadoop-aws nor a change to the script is needed.
https://hadoop.apache.org/docs/r3.3.4/hadoop-project-dist/hadoop-hdfs/ViewFsOverloadScheme.html
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from generator.local.aws import objects

VIEWFS = "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme"
S3_URI = re.compile(r"s3[an]?://([^/\s,]+)/?([^\s,]*)")


class FileState(NamedTuple):
    """What differs after a file was written anew, even within one tick of the clock."""

    inode: int
    modified: int  # nanoseconds
    size: int  # bytes


class Stage:
    """The buckets that a job run's arguments name, as folders of `folder`."""

    def __init__(self, s3: Any, folder: Path, arguments: Iterable[str]) -> None:
        """`s3` is a boto3 client; any s3://, s3a:// or s3n:// URI in `arguments` is staged."""
        self.s3 = s3
        self.folder = folder
        self.locations = sorted({found for text in arguments for found in S3_URI.findall(text)})
        self.before: dict[Path, FileState] = {}

    @property
    def buckets(self) -> list[str]:
        """Names of the buckets, sorted."""
        return sorted({bucket for bucket, _ in self.locations})

    def download(self) -> None:
        """Copy in every object whose key begins with a URI's; raises botocore's ClientError."""
        for bucket, key in self.locations:
            prefix = re.split(r"[*?\[{]", key)[0]  # Spark expands patterns itself
            folder = self.folder / bucket / prefix[: prefix.rfind("/") + 1]
            folder.mkdir(parents=True, exist_ok=True)
            objects.download_prefix(self.s3, f"s3://{bucket}/{prefix}", folder)
        self.before = dict(self._files())

    def upload(self) -> None:
        """Send back files that are new or changed and delete the objects of removed ones."""
        after = dict(self._files())
        for file in sorted(self.before.keys() - after.keys()):
            self.s3.delete_object(**self._address(file))
        for file in sorted(file for file in after if after[file] != self.before.get(file)):
            bucket, key = self._address(file).values()
            self.s3.upload_file(str(file), bucket, key)

    def _files(self) -> Iterator[tuple[Path, FileState]]:
        for file in self.folder.rglob("*"):
            if file.is_file() and file.suffix != ".crc" and "_temporary" not in file.parts:
                state = file.stat()
                yield file, FileState(state.st_ino, state.st_mtime_ns, state.st_size)

    def _address(self, file: Path) -> dict[str, str]:
        bucket, *key = file.relative_to(self.folder).parts
        return {"Bucket": bucket, "Key": "/".join(key)}


def filesystem_settings(folder: Path, buckets: Iterable[str]) -> dict[str, str]:
    """Spark settings that make s3://BUCKET/ mean `folder`/BUCKET/.

    The root of a bucket can neither be read nor written this way; anything below it can.
    (linkMergeSlash, meant for this, is broken in Hadoop 3.3.4.)
    """
    settings = {f"spark.hadoop.fs.{scheme}.impl": VIEWFS for scheme in ("s3", "s3a", "s3n")}
    for bucket in buckets:
        name = f"spark.hadoop.fs.viewfs.mounttable.{bucket}.linkFallback"
        settings[name] = (folder / bucket).as_uri()
    return settings
