# The workload for Windows nodes; docs/windows.md says how it is built and used.
ARG BUILDPLATFORM
# The release of Windows, which must be that of the node: ltsc2022 or ltsc2025.
ARG WINDOWS=ltsc2022
FROM --platform=$BUILDPLATFORM docker.io/library/golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG VERSION=dev
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/go/cache \
    GOCACHE=/go/cache CGO_ENABLED=0 GOOS=windows GOARCH=amd64 \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION" -o /quickstart.exe ./cmd/quickstart

# Nothing can be run from here on: this stage is put together on Linux.
FROM mcr.microsoft.com/windows/nanoserver:${WINDOWS} AS quickstart
ARG WINDOWS
ARG VERSION=dev
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title=quickstart \
      org.opencontainers.image.description="Reads a secret from Azure Key Vault with the workload identity of its pod and logs it" \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$REVISION \
      org.opencontainers.image.created=$CREATED \
      org.opencontainers.image.licenses=MIT \
      org.opencontainers.image.url=https://github.com/workload-identity-quickstart/msal-go \
      org.opencontainers.image.source=https://github.com/workload-identity-quickstart/msal-go \
      org.opencontainers.image.documentation=https://github.com/workload-identity-quickstart/msal-go/blob/v$VERSION/docs/windows.md \
      org.opencontainers.image.base.name=mcr.microsoft.com/windows/nanoserver:$WINDOWS
COPY --from=build /quickstart.exe /quickstart.exe
USER ContainerUser
ENTRYPOINT ["/quickstart.exe"]
