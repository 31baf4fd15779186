"""Build and push the image, and look images up by digest."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bootstrap.account import Account, AwsError
from bootstrap.programs import Programs
from bootstrap.stacks import Stack
from training.errors import CheckFailedError, CommandError, InputError
from training.local.sam import ContainerEngine

PLATFORM: Final = "linux/amd64"
IMAGE_SOURCES: Final = ("Dockerfile", ".dockerignore", "requirements.txt", "fraud_api_lambda")
UNKNOWN: Final = "sha256:(known after the push)"

_IMAGE: Final = re.compile(r"(?P<repository>[^@\s]+)@(?P<digest>sha256:[0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Repository:
    """The image repository."""

    uri: str
    name: str

    @classmethod
    def of(cls, bootstrap: Stack) -> "Repository":
        """The repository of the bootstrap stack."""
        return cls(bootstrap.output("ImageRepositoryUri"), bootstrap.output("ImageRepositoryName"))

    @property
    def registry(self) -> str:
        """The registry host, to which a container engine logs in."""
        return self.uri.partition("/")[0]


def digest_of(image: str | None) -> str | None:
    """The digest in `repository@sha256:...`."""
    match = _IMAGE.fullmatch(image or "")
    return match["digest"] if match else None


def given(account: Account, repository: Repository, image: str) -> str:
    """The digest of an image that the user names; the repository must have it.

    Raises
    ------
    InputError
        If it is named by a tag, or is in another repository.
    CheckFailedError
        If the repository does not have it.
    """
    match = _IMAGE.fullmatch(image)
    if match is None:
        raise InputError(f"{image}: name the image by its digest, REPOSITORY@sha256:...; tags move")
    if match["repository"] != repository.uri:
        raise InputError(f"{image} is in another repository; push it to {repository.uri}")
    require(account, repository, match["digest"])
    return match["digest"]


def require(account: Account, repository: Repository, digest: str) -> list[str]:
    """The tags of an image that the repository must have.

    Raises
    ------
    CheckFailedError
        If it does not.
    """
    where = {"repositoryName": repository.name, "imageIds": [{"imageDigest": digest}]}
    try:
        (image,) = account.read("ecr", "DescribeImages", **where)["imageDetails"]
    except AwsError as error:
        if error.code != "ImageNotFoundException":
            raise
        raise CheckFailedError(
            f"{repository.name} has no image {digest}; was it deleted?"
        ) from error
    return list(image.get("imageTags", []))


def built(
    account: Account,
    programs: Programs,
    repository: Repository,
    *,
    engine: Callable[[], ContainerEngine],
) -> str:
    """The digest of this commit's image, built and pushed unless the repository has it.

    Tags are immutable and no two builds of a commit have the same bytes, so a commit is built once.

    Raises
    ------
    InputError
        If a file of the image is not committed.
    CommandError
        If the build or the push fails.
    """
    commit = _commit(programs)
    tag = f"ci-{commit}"
    digest = _tagged(account, repository, tag, f"commit-{commit}")
    if digest is not None:
        return digest
    podman = _is_podman(account, engine)
    _log_in(account, programs, repository, "podman" if podman else "docker")
    for command in _build(f"{repository.uri}:{tag}", podman=podman):
        programs.run(*command)
    if account.dry_run:
        return UNKNOWN
    digest = _tagged(account, repository, tag)
    if digest is None:
        raise CheckFailedError(f"{repository.name} has no image {tag} after its push; push again")
    return digest


def _is_podman(account: Account, engine: Callable[[], ContainerEngine]) -> bool:
    """Whether podman builds. A dry run assumes Docker if no engine answers."""
    try:
        return engine().is_podman
    except CommandError:
        if not account.dry_run:
            raise
        return False


def _commit(programs: Programs) -> str:
    changed = programs.ask("git", "status", "--porcelain", "--", *IMAGE_SOURCES)
    if changed:
        raise InputError(
            f"not committed: {', '.join(line[3:] for line in changed.splitlines())}; commit first, "
            "so that the deployed code can be found again, or name an image: --image "
            "REPOSITORY@sha256:..."
        )
    return programs.ask("git", "rev-parse", "HEAD")


def _log_in(account: Account, programs: Programs, repository: Repository, engine: str) -> None:
    answer = account.read("ecr", "GetAuthorizationToken")
    token = answer["authorizationData"][0]["authorizationToken"]
    user, _, password = base64.b64decode(token).decode().partition(":")
    command = (engine, "login", "--username", user, "--password-stdin", repository.registry)
    programs.run(*command, secret=password)


def _build(uri: str, *, podman: bool) -> list[tuple[str, ...]]:
    """Commands that build for Lambda and push. Provenance or an SBOM would push an index."""
    if podman:
        build = ("podman", "build", "--platform", PLATFORM, "--format", "docker", "--tag", uri, ".")
        return [build, ("podman", "push", uri)]
    plain = ("--provenance=false", "--sbom=false", "--platform", PLATFORM)
    return [("docker", "buildx", "build", *plain, "--tag", uri, "--push", ".")]


def _tagged(account: Account, repository: Repository, *tags: str) -> str | None:
    """The digest of the image that has one of the tags, or None."""
    answer = account.read(
        *("ecr", "BatchGetImage"),
        repositoryName=repository.name,
        imageIds=[{"imageTag": tag} for tag in tags],
    )
    return next((str(image["imageId"]["imageDigest"]) for image in answer["images"]), None)
