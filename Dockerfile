# syntax=docker/dockerfile:1
# Two stages: wheels are built where there is a compiler's worth of tools, and only installed where they run.
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md ./
COPY reconciler reconciler
COPY schemas schemas
COPY examples/ci/init examples/ci/init
RUN python -m venv /opt/reconciler \
 && /opt/reconciler/bin/pip install --no-cache-dir '.[all]'

FROM python:3.13-slim
LABEL org.opencontainers.image.title="reconcile" \
      org.opencontainers.image.description="Declarative reconciler for cloud load-balancer policies and security groups"
RUN useradd --system --uid 10001 --create-home reconcile
COPY --from=build /opt/reconciler /opt/reconciler
ENV PATH=/opt/reconciler/bin:$PATH \
    PYTHONUNBUFFERED=1
USER 10001
# Mount the manifests here: docker run --rm -v "$PWD:/manifests" IMAGE plan
WORKDIR /manifests
# reconcile installs its own handlers, so it may be the first process: SIGTERM and SIGINT end a run at a safe state.
STOPSIGNAL SIGTERM
ENTRYPOINT ["reconcile"]
CMD ["--help"]
