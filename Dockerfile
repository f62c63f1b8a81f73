# The service as an image: the wheel is built in one stage and installed beside nothing else in the other.
# The Python is the one that the tests run on.

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /source
COPY constraints.txt ./
RUN pip install --constraint constraints.txt hatchling
COPY pyproject.toml README.md LICENSE ./
COPY proto proto
COPY otel_bridge otel_bridge
COPY server server
# Wheels alone: nothing is compiled, so that neither stage needs a compiler.
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && python -m venv --without-pip /opt/tracking \
    && pip --python /opt/tracking/bin/python install --only-binary :all: --constraint constraints.txt /wheels/*.whl

FROM python:3.11-slim-bookworm
RUN groupadd --system --gid 10001 tracking \
    && useradd --system --uid 10001 --gid tracking --home-dir /data --no-create-home --shell /usr/sbin/nologin tracking \
    && install --directory --owner tracking --group tracking --mode 0700 /data
COPY --from=build /opt/tracking /opt/tracking
ENV PATH=/opt/tracking/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    TRACKING_DATABASE_URL=sqlite:////data/tracking.db \
    TRACKING_HOST=0.0.0.0
WORKDIR /data
VOLUME /data
# By number, so that an orchestrator can see that it is not root.
USER 10001:10001
EXPOSE 8080 50051 4317 4318
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["tracking", "health", "--local"]
ENTRYPOINT ["tracking"]
CMD ["serve"]
