# The workload, and with --target localazure the stand-in for Azure.
FROM --platform=$BUILDPLATFORM docker.io/library/golang:1.26 AS source
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS
ARG TARGETARCH
ENV CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH

FROM source AS build-localazure
ARG VERSION=dev
RUN go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /localazure ./cmd/localazure

FROM source AS build-quickstart
ARG VERSION=dev
RUN go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /quickstart ./cmd/quickstart

FROM gcr.io/distroless/static-debian12:nonroot AS localazure
COPY --from=build-localazure /localazure /localazure
USER 65532:65532
ENTRYPOINT ["/localazure"]
CMD ["serve"]

FROM gcr.io/distroless/static-debian12:nonroot AS quickstart
COPY --from=build-quickstart /quickstart /quickstart
USER 65532:65532
ENTRYPOINT ["/quickstart"]
