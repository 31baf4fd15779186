"""Image tags, by which the repository's lifecycle rules select.

No rule expires an image with a tag `in-use-*`. An environment's current image has one, and so has
the previous image, to which `make rollback` returns. Of the other releases the last ten stay.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bootstrap.account import Account, AwsError
from bootstrap.images import UNKNOWN, Repository
from training.errors import CheckFailedError

MANIFESTS: Final = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
)
"""Media types of a single image. Lambda refuses an index, which a build with provenance pushes."""


def release(account: Account, repository: Repository, digest: str) -> None:
    """Tag an image `release-<digest12>` and `commit-<commit>`, which no lifecycle rule selects.

    Its `ci-*` tags are removed afterwards: a rule selects an image by any one of its tags.

    Raises
    ------
    CheckFailedError
        If it is an index of several images, which Lambda refuses.
    """
    where = {"repositoryName": repository.name}
    if digest == UNKNOWN:
        account.change("ecr", "PutImage", **where, imageTag="release-(its digest)")
        account.change("ecr", "BatchDeleteImage", **where, imageIds="its ci- tag")
        return
    image = _image(account, repository, digest)
    builds = [tag for tag in image.tags if tag.startswith("ci-")]
    commits = [f"commit-{tag.removeprefix('ci-')}" for tag in builds]
    for tag in (f"release-{_short(digest)}", *commits):
        if tag not in image.tags:
            _tag(account, where | {"imageTag": tag} | image.manifest)
    if builds:
        account.change(
            "ecr", "BatchDeleteImage", **where, imageIds=[{"imageTag": tag} for tag in builds]
        )


def _tag(account: Account, arguments: Mapping[str, str]) -> None:
    """Write a tag, unless another build of the commit has it already."""
    try:
        account.change("ecr", "PutImage", **arguments)
    except AwsError as error:
        if error.code not in {"ImageAlreadyExistsException", "ImageTagAlreadyExistsException"}:
            raise


@dataclass(frozen=True, slots=True)
class _Image:
    """An image's tags, and the arguments that write another tag."""

    tags: list[str]
    manifest: dict[str, str]


def _image(account: Account, repository: Repository, digest: str) -> _Image:
    where = {"repositoryName": repository.name, "imageIds": [{"imageDigest": digest}]}
    (described,) = account.read("ecr", "DescribeImages", **where)["imageDetails"]
    answer = account.read("ecr", "BatchGetImage", **where, acceptedMediaTypes=list(MANIFESTS))
    if not answer["images"]:
        raise CheckFailedError(
            f"{digest} is no image of one platform; build it with --provenance=false --sbom=false"
        )
    image = answer["images"][0]
    names = ("imageManifest", "imageManifestMediaType")
    return _Image(described.get("imageTags", []), {name: image[name] for name in names})


def in_use_tag(environment: str, digest: str) -> str:
    """The tag of the image that an environment runs, and of the previous one."""
    return f"in-use-{environment}-{_short(digest)}"


def protect(account: Account, repository: Repository, environment: str, digest: str) -> None:
    """Tag an image that an environment is about to run, so that no lifecycle rule expires it."""
    where = {"repositoryName": repository.name}
    if digest == UNKNOWN:
        account.change("ecr", "PutImage", **where, imageTag=f"in-use-{environment}-(its digest)")
        return
    image = _image(account, repository, digest)
    tag = in_use_tag(environment, digest)
    if tag not in image.tags:
        _tag(account, where | {"imageTag": tag} | image.manifest)


def unprotect_others(
    account: Account, repository: Repository, environment: str, *digests: str | None
) -> None:
    """Remove the environment's tags from all images but these; other tags stay."""
    kept = {in_use_tag(environment, digest) for digest in digests if digest}
    stale = [
        tag
        for tag in _all_tags(account, repository)
        if tag.startswith(f"in-use-{environment}-") and tag not in kept
    ]
    if stale:
        account.change(
            *("ecr", "BatchDeleteImage"),
            repositoryName=repository.name,
            imageIds=[{"imageTag": tag} for tag in stale],
        )


def _all_tags(account: Account, repository: Repository) -> Iterator[str]:
    where: dict[str, Any] = {"repositoryName": repository.name, "filter": {"tagStatus": "TAGGED"}}
    while True:
        page = account.read("ecr", "DescribeImages", **where)
        for image in page["imageDetails"]:
            yield from image.get("imageTags", [])
        if not page.get("nextToken"):
            return
        where["nextToken"] = page["nextToken"]


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:12]
