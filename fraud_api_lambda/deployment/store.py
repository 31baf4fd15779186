"""The source of the runtime's model: a parameter of SSM that pins an object of S3."""

from fraud_api_lambda.aws.client import AwsClient
from fraud_api_lambda.aws.errors import ModelStoreError, TransientError
from fraud_api_lambda.deployment.pointer import PinnedModel, Pointer


class ModelStore:
    """The models of one bucket, and the parameter that points at one of them.

    Parameters
    ----------
    bucket : str
        Versioned.
    parameter : str
    aws : AwsClient
    secret_parameter : str, optional
        Another parameter, which is read with the pointer.

    Attributes
    ----------
    secret : str or None
        The value of that parameter; None until it was read, or if it cannot be.
    """

    def __init__(
        self, *, bucket: str, parameter: str, aws: AwsClient, secret_parameter: str | None = None
    ) -> None:
        self.bucket = bucket
        self.parameter = parameter
        self.secret: str | None = None
        self._aws = aws
        self._secret_parameter = secret_parameter

    def read_pointer(self) -> Pointer:
        """The pointer as it is now.

        Raises
        ------
        NotFoundError
            If nothing was ever promoted.
        ModelStoreError
            If SSM refuses or does not answer, or the value is not a pointer.
        """
        return Pointer.from_json(self._pointer())

    def _pointer(self) -> str:
        """The value of the pointer's parameter; a secret that cannot be read does not matter."""
        if self._secret_parameter is None or self.secret is not None:
            return self._aws.get_parameter(self.parameter)
        try:
            found = self._aws.get_parameters([self.parameter, self._secret_parameter])
        except TransientError:
            raise
        except ModelStoreError:
            found = {}
        # A slower attempt that found none must not take away the secret of a later one.
        self.secret = found.get(self._secret_parameter) or self.secret
        return found.get(self.parameter) or self._aws.get_parameter(self.parameter)

    def fetch(self, pinned: PinnedModel) -> bytes:
        """The bytes of a pinned model, compared with its pin before anything decodes them.

        Raises
        ------
        IntegrityError
            If length or digest differ.
        ModelStoreError
            If S3 refuses or does not answer.
        """
        # One byte more than expected reveals a longer object without reading all of it.
        data = self._aws.get_object(
            self.bucket, pinned.key, version_id=pinned.version_id, limit=pinned.size + 1
        )
        pinned.verify(data, f"s3://{self.bucket}/{pinned.key}")
        return data
