# syntax=docker/dockerfile:1.7

# ---- styles and scripts
FROM node:22.14.0-bookworm-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY web/ ./
RUN npm run build

# ---- the program
FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
COPY --from=web /src/web/dist web/dist
# With cgo: the engine that runs PDFium is a C library, linked statically. What it needs
# of the system is what Debian of the same release has.
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
	CGO_ENABLED=1 go build -trimpath -buildvcs=false -ldflags="-s -w" -o /vraagbaak ./cmd/vraagbaak

# ---- what runs: no compiler, no PostgreSQL (give DATABASE_URL), no root
FROM debian:12.12-slim
RUN apt-get update \
	&& DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
		ca-certificates tesseract-ocr tesseract-ocr-nld tesseract-ocr-eng tesseract-ocr-osd wdutch \
	&& rm -rf /var/lib/apt/lists/* \
	&& useradd --system --uid 10001 --user-group --home-dir /var/lib/vraagbaak --create-home vraagbaak

# Asks the server whether it is ready, without a program for it in the image.
COPY --chmod=0755 <<'SCRIPT' /usr/local/bin/healthcheck
#!/bin/bash
set -euo pipefail
exec 3<>"/dev/tcp/127.0.0.1/${1:-8080}"
printf 'GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3
read -r -t 5 status <&3
[[ $status == *" 200 "* ]]
SCRIPT
COPY --from=build /vraagbaak /usr/local/bin/vraagbaak
COPY LICENSE /usr/share/doc/vraagbaak/LICENSE

USER vraagbaak
WORKDIR /var/lib/vraagbaak
# Caches of compiled programs: safe to lose.
VOLUME /var/lib/vraagbaak
ENV VRAAGBAAK_DATA_DIR=/var/lib/vraagbaak \
	VRAAGBAAK_LOG_FORMAT=json
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=6s --start-period=2m --retries=4 CMD ["healthcheck"]
ENTRYPOINT ["vraagbaak"]
CMD ["serve"]
