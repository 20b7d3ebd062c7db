# The service of apps/demo, with its page:
#   docker build -t drum . && docker run -p 8080:8080 -v drum:/data drum
# Who may use it: docker exec <container> node main.ts user --help

FROM node:24-slim AS build
WORKDIR /app
COPY . .
RUN npx --yes pnpm@12.21.0 install --frozen-lockfile
RUN npx --yes pnpm@12.21.0 turbo run build --filter=@drum/demo... --output-logs=errors-only
RUN npx --yes pnpm@12.21.0 --filter @drum/demo deploy --prod --legacy out/service
# ONNX Runtime's libraries of other systems are five sixths of it.
RUN find out/service/node_modules -path "*/bin/napi-v6/*" -prune ! -path "*/napi-v6/linux*" -exec rm -r {} +

FROM node:24-slim
WORKDIR /app
COPY --from=build /app/out/service .
RUN mkdir /data && chown node:node /data
# The database, pictures, and the hub's cache with what is quantised from it.
VOLUME /data
ENV NODE_ENV=production HF_HOME=/data/hub
USER node
EXPOSE 8080
HEALTHCHECK --start-period=60s CMD ["node", "-e", "fetch('http://127.0.0.1:8080/health/ready').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "main.ts", "serve", "--host", "0.0.0.0", "--port", "8080", "--data", "/data/service"]
