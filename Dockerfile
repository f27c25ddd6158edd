# phiz in a container: the service by default, any other command of phiz by its name (docs/scale.md). Node's and Debian's images exist for
# amd64 and arm64, and so do all native packages here; nothing is compiled. `docker buildx build --platform linux/amd64,linux/arm64 .` makes both.
# node-av contains FFmpeg under the GPL-3.0: whoever passes such an image on has to keep its terms (README.md, Licence).

FROM node:22-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build:web && npm pack --pack-destination /build

FROM node:22-bookworm-slim AS install
WORKDIR /app
COPY --from=build /build/phiz-0.1.0.tgz ./
# The versions are those that package.json tests with. Whoever wants the page at / adds onnxruntime-web@1.30.0, 146 MB. Libraries for other systems go: 288 MB of ONNX Runtime are for five of them.
RUN npm install --ignore-scripts --omit=dev --no-audit --no-fund ./phiz-0.1.0.tgz \
      node-av@6.1.1 @mediabunny/server@1.59.0 bullmq@6.7.0 ioredis@5.11.1 \
      @aws-sdk/client-s3@3.1175.0 @aws-sdk/s3-request-presigner@3.1169.0 \
 && rm -rf phiz-0.1.0.tgz node_modules/onnxruntime-node/bin/napi-v6/darwin node_modules/onnxruntime-node/bin/napi-v6/win32 \
 && if [ "$(uname -m)" = x86_64 ]; then rm -rf node_modules/onnxruntime-node/bin/napi-v6/linux/arm64; \
    else rm -rf node_modules/onnxruntime-node/bin/napi-v6/linux/x64; fi
RUN mkdir /data && chown 1000:1000 /data

FROM node:22-bookworm-slim
ENV NODE_ENV=production XDG_STATE_HOME=/data XDG_CACHE_HOME=/data/cache PHIZ_HEALTH_PORT=8080
COPY --from=install /app /app
COPY --from=install --chown=1000:1000 /data /data
# Nobody's name, but a number that Kubernetes can see is not root's. Nothing but /data and /tmp is written to: the root file system may be read-only.
USER 1000:1000
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PHIZ_HEALTH_PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/app/node_modules/phiz/dist/cli/main.js"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8080", "--api-key-file", "/run/secrets/api_keys", "--data-dir", "/data/serve"]
