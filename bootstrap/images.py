"""The image: built, pushed, found by its digest, and tagged so that no lifecycle rule takes it."""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bootstrap.account import Account, AwsError
from bootstrap.programs import Programs
from bootstrap.stacks import Stack
from training.errors import CheckFailedError, InputError
from training.sam import Engine

PLATFORM: Final = "linux/amd64"
ENTERS_THE_IMAGE: Final = ("Dockerfile", ".dockerignore", "requirements.txt", "fraud_api_lambda")
UNKNOWN: Final = "sha256:(known after the push)"
MANIFESTS: Final = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
)
"""Of one image: Lambda refuses an index, which a build with provenance pushes."""

_IMAGE: Final = re.compile(r"(?P<repository>[^@\s]+)@(?P<digest>sha256:[0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Repository:
    """Where images are pushed."""

    uri: str
    name: str

    @classmethod
    def of(cls, bootstrap: Stack) -> "Repository":
        """The repository of the bootstrap stack."""
        return cls(bootstrap.output("ImageRepositoryUri"), bootstrap.output("ImageRepositoryName"))

    @property
    def registry(self) -> str:
        """The host that a container engine logs in to."""
        return self.uri.partition("/")[0]


def digest_of(image: str | None) -> str | None:
    """The digest in `repository@sha256:...`."""
    match = _IMAGE.fullmatch(image or "")
    return match["digest"] if match else None


def given(account: Account, repository: Repository, image: str) -> str:
    """The digest of an image that was named, which must be in the repository.

    Raises
    ------
    InputError
        If it is named by a tag, or lies elsewhere.
    CheckFailedError
        If the repository does not have it.
    """
    match = _IMAGE.fullmatch(image)
    if match is None:
        raise InputError(f"{image}: name the image by its digest, REPOSITORY@sha256:...; tags move")
    if match["repository"] != repository.uri:
        raise InputError(f"{image} lies elsewhere; push it to {repository.uri}")
    require(account, repository, match["digest"])
    return match["digest"]


def require(account: Account, repository: Repository, digest: str) -> None:
    """Raise `CheckFailedError` unless the repository has the image."""
    where = {"repositoryName": repository.name, "imageIds": [{"imageDigest": digest}]}
    try:
        account.read("ecr", "DescribeImages", **where)
    except AwsError as error:
        if error.code != "ImageNotFoundException":
            raise
        raise CheckFailedError(
            f"{repository.name} has no image {digest}; was it deleted?"
        ) from error


def built(
    account: Account, programs: Programs, repository: Repository, *, engine: Callable[[], Engine]
) -> str:
    """The digest of this commit's image, which is built and pushed unless the repository has it.

    A tag is written once, and no two builds of a commit have the same bytes; so it is built once.

    Raises
    ------
    InputError
        If what enters the image is not committed.
    TrainingError
        If the build or the push fails.
    """
    commit = _commit(programs)
    tag = f"ci-{commit}"
    digest = _tagged(account, repository, tag, f"commit-{commit}")
    if digest is not None:
        return digest
    podman = engine().is_podman
    _log_in(account, programs, repository, "podman" if podman else "docker")
    for command in _build(f"{repository.uri}:{tag}", podman=podman):
        programs.run(*command)
    if account.dry_run:
        return UNKNOWN
    digest = _tagged(account, repository, tag)
    if digest is None:
        raise CheckFailedError(f"{repository.name} has no image {tag} after its push; push again")
    return digest


def _commit(programs: Programs) -> str:
    changed = programs.ask("git", "status", "--porcelain", "--", *ENTERS_THE_IMAGE)
    if changed:
        raise InputError(
            f"not committed: {', '.join(line[3:] for line in changed.splitlines())}; commit first, "
            "so that what runs can be found again, or name an image: --image REPOSITORY@sha256:..."
        )
    return programs.ask("git", "rev-parse", "HEAD")


def _log_in(account: Account, programs: Programs, repository: Repository, engine: str) -> None:
    answer = account.read("ecr", "GetAuthorizationToken")
    token = answer["authorizationData"][0]["authorizationToken"]
    user, _, password = base64.b64decode(token).decode().partition(":")
    command = (engine, "login", "--username", user, "--password-stdin", repository.registry)
    programs.run(*command, secret=password)


def _build(uri: str, *, podman: bool) -> list[tuple[str, ...]]:
    """Build for Lambda and push; provenance or SBOM would make an index of it."""
    if podman:
        build = ("podman", "build", "--platform", PLATFORM, "--format", "docker", "--tag", uri, ".")
        return [build, ("podman", "push", uri)]
    plain = ("--provenance=false", "--sbom=false", "--platform", PLATFORM)
    return [("docker", "buildx", "build", *plain, "--tag", uri, "--push", ".")]


def release(account: Account, repository: Repository, digest: str) -> None:
    """Tag an image `release-<digest12>` and `commit-<commit>`, which no lifecycle rule selects.

    Its `ci-*` tags go once it has them: a rule selects an image by any tag that it has.

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
    for tag in (f"release-{digest.removeprefix('sha256:')[:12]}", *commits):
        if tag not in image.tags:
            _tag(account, where | {"imageTag": tag} | image.manifest)
    if builds:
        account.change(
            "ecr", "BatchDeleteImage", **where, imageIds=[{"imageTag": tag} for tag in builds]
        )


def _tag(account: Account, arguments: Mapping[str, str]) -> None:
    """Another build of a commit may have its name already, and keeps it."""
    try:
        account.change("ecr", "PutImage", **arguments)
    except AwsError as error:
        if error.code not in {"ImageAlreadyExistsException", "ImageTagAlreadyExistsException"}:
            raise


@dataclass(frozen=True, slots=True)
class _Image:
    """Its tags, and what to put with a new one."""

    tags: list[str]
    manifest: dict[str, str]


def _image(account: Account, repository: Repository, digest: str) -> _Image:
    where = {"repositoryName": repository.name, "imageIds": [{"imageDigest": digest}]}
    (described,) = account.read("ecr", "DescribeImages", **where)["imageDetails"]
    found = account.read("ecr", "BatchGetImage", **where, acceptedMediaTypes=list(MANIFESTS))
    if not found["images"]:
        raise CheckFailedError(
            f"{digest} is no image of one platform; build it with --provenance=false --sbom=false"
        )
    image = found["images"][0]
    names = ("imageManifest", "imageManifestMediaType")
    return _Image(described.get("imageTags", []), {name: image[name] for name in names})


def _tagged(account: Account, repository: Repository, *tags: str) -> str | None:
    """The digest of the image that has one of the tags, or None."""
    found = account.read(
        *("ecr", "BatchGetImage"),
        repositoryName=repository.name,
        imageIds=[{"imageTag": tag} for tag in tags],
    )
    return next((str(each["imageId"]["imageDigest"]) for each in found["images"]), None)
