# By its tag until `make pin-base` writes a digest here, which is run where the registry can be reached.
# Another base with the same layout can stand in, such as a copy in a registry of your own.
ARG BASE=public.ecr.aws/lambda/python:3.13
FROM ${BASE}

WORKDIR ${LAMBDA_TASK_ROOT}

# Dependencies before code: a change of ours then costs one small layer. They go beside the code because
# the runtime puts this folder first. Without their own dependencies: xgboost asks for NumPy and SciPy,
# 170 MB that its library does not need.
COPY requirements.txt ./
RUN python -m pip install --no-cache-dir --no-compile --only-binary=:all: --no-deps --require-hashes \
        --target . --requirement requirements.txt \
    && python -m compileall -q --invalidation-mode unchecked-hash .

# Compiled here because the root is read-only when the function runs, and unchecked because a registry
# or a builder may rewrite the times that Python would compare. Readable by all because Lambda brings a
# user of its own (hence no USER), whatever the umask of the clone was.
COPY fraud_api_lambda/ fraud_api_lambda/
RUN python -m compileall -q --invalidation-mode unchecked-hash fraud_api_lambda \
    && chmod -R a+rX fraud_api_lambda

CMD ["fraud_api_lambda.handler.handler"]
