"""The source of the runtime's model: a parameter of SSM that pins an object of S3."""

from fraud_api_lambda.aws.client import AwsClient
from fraud_api_lambda.deployment.pointer import PinnedModel, Pointer


class ModelStore:
    """The models of one bucket, and the parameter that points at one of them.

    Parameters
    ----------
    bucket : str
        Versioned.
    parameter : str
    aws : AwsClient
    """

    def __init__(self, *, bucket: str, parameter: str, aws: AwsClient) -> None:
        self.bucket = bucket
        self.parameter = parameter
        self._aws = aws

    def read_pointer(self) -> Pointer:
        """The pointer as it is now.

        Raises
        ------
        NotFoundError
            If nothing was ever promoted.
        ModelStoreError
            If SSM refuses or does not answer, or the value is not a pointer.
        """
        return Pointer.from_json(self._aws.get_parameter(self.parameter))

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
