# Auditor in a small image, without root. Tags of base images move: where builds have to be the same, pin it as
# python:3.13-slim-trixie@sha256:..., by the digest that `docker buildx imagetools inspect` prints.
FROM python:3.13-slim-trixie AS build
WORKDIR /src
COPY ci/build.txt ci/
RUN python -m pip install --no-cache-dir --require-hashes --requirement ci/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY auditor auditor
COPY policies policies
COPY schemas schemas
RUN python -m pip wheel --no-deps --no-build-isolation --wheel-dir /dist .

# A release puts the wheel that was tested in the place of this stage: docker build --build-context wheel=dist .
FROM scratch AS wheel
COPY --from=build /dist/*.whl /

FROM python:3.13-slim-trixie AS install
WORKDIR /src
COPY ci/requirements.txt ci/
RUN python -m venv /opt/auditor \
 && /opt/auditor/bin/python -m pip install --no-cache-dir --require-hashes --only-binary :all: \
      --requirement ci/requirements.txt
COPY --from=wheel /*.whl /dist/
RUN /opt/auditor/bin/python -m pip install --no-cache-dir --no-deps --no-index --find-links /dist mlrepo-auditor

FROM python:3.13-slim-trixie
LABEL org.opencontainers.image.title="Auditor" \
      org.opencontainers.image.description="The audit and policy linter for TrueFoundry ML Repos" \
      org.opencontainers.image.source="https://github.com/mlrepo-auditor/mlrepo-auditor" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=install /opt/auditor /opt/auditor
WORKDIR /work
USER 65532:65532
# -I: nothing in the folder that is mounted can be imported in place of a module.
ENTRYPOINT ["/opt/auditor/bin/python", "-I", "-m", "auditor"]
CMD ["--help"]
