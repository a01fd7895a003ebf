# The workload, and with --target localazure the stand-in for Azure.
ARG BUILDPLATFORM
FROM --platform=$BUILDPLATFORM docker.io/library/golang:1.26 AS source
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG TARGETOS
ARG TARGETARCH
# Releases are built with the toolchain in go.mod, everything else with the image's.
ARG TOOLCHAIN=local
ENV CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH GOTOOLCHAIN=$TOOLCHAIN GOCACHE=/go/cache

FROM source AS build-localazure
ARG VERSION=dev
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/go/cache \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION" -o /localazure ./cmd/localazure

FROM source AS build-quickstart
ARG VERSION=dev
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/go/cache \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION" -o /quickstart ./cmd/quickstart

FROM gcr.io/distroless/static-debian12:nonroot AS base
ARG VERSION=dev
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$REVISION \
      org.opencontainers.image.created=$CREATED \
      org.opencontainers.image.licenses=MIT \
      org.opencontainers.image.url=https://github.com/workload-identity-quickstart/msal-go \
      org.opencontainers.image.source=https://github.com/workload-identity-quickstart/msal-go \
      org.opencontainers.image.documentation=https://github.com/workload-identity-quickstart/msal-go/blob/v$VERSION/README.md \
      org.opencontainers.image.base.name=gcr.io/distroless/static-debian12:nonroot
USER 65532:65532

FROM base AS localazure
LABEL org.opencontainers.image.title=localazure \
      org.opencontainers.image.description="Stands in for Entra ID and Key Vault where there is no Azure"
COPY --from=build-localazure /localazure /localazure
ENTRYPOINT ["/localazure"]
CMD ["serve"]

FROM base AS quickstart
LABEL org.opencontainers.image.title=quickstart \
      org.opencontainers.image.description="Reads a secret from Azure Key Vault with the workload identity of its pod and logs it"
COPY --from=build-quickstart /quickstart /quickstart
ENTRYPOINT ["/quickstart"]
