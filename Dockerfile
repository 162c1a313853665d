# One image for both processes: the API unless another command is given (`worker`). See docs/guides/cluster.md.
FROM node:24.22.3-bookworm-slim AS built
WORKDIR /app
COPY package.json package-lock.json ./
# Nothing that a package brings runs here; none of ours needs it.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY bin bin
COPY scripts scripts
COPY src src
COPY pages pages
COPY templates templates
COPY examples/document-review examples/document-review
RUN node scripts/build.mjs && npm prune --omit=dev --ignore-scripts --no-audit --no-fund
# Temporal's worker brings its native part for every platform.
RUN node -e "const { arch, platform } = process; \
  const { readdirSync, rmSync } = require('node:fs'); \
  const folder = 'node_modules/@temporalio/core-bridge/releases'; \
  const ours = { x64: 'x86_64', arm64: 'aarch64' }[arch] + '-unknown-linux-gnu'; \
  if (platform !== 'linux' || !readdirSync(folder).includes(ours)) process.exit(1); \
  for (const name of readdirSync(folder)) if (name !== ours) rmSync(folder + '/' + name, { recursive: true });"

FROM node:24.22.3-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json ./
COPY --from=built /app/node_modules node_modules
COPY --from=built /app/dist dist
COPY bin bin
COPY templates templates
COPY deploy/check-health.mjs deploy/check-health.mjs
USER 1000:1000
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["node", "deploy/check-health.mjs", "ready"]
# Node is the only process and gets SIGTERM itself; who starts MCP servers in it runs it with an init (`init: true`).
ENTRYPOINT ["node", "bin/circuit-breaker.js"]
CMD ["api"]
