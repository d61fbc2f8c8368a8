import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import express, { type NextFunction, type Request, type Response } from 'express';
import helmet from 'helmet';
import { AppModule } from './app.module';
import { NestLog } from './http/log';
import { requestLog } from './http/request';
import type { Services } from './services';

const bodyBytesMax = 256 * 1024;
const assetMaxAgeMs = 365 * 24 * 3_600_000;

/** Builds the application on services that need not be connected yet. */
export async function createApplication(services: Services): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.register(services), {
    logger: new NestLog(services.logger),
    bodyParser: false,
    abortOnError: false,
    forceCloseConnections: true,
  });
  app.disable('x-powered-by');
  app.set('trust proxy', 'loopback');
  app.set('etag', false);
  app.set('query parser', 'simple');
  app.use(requestLog(services.logger));
  app.use(securityHeaders(services));
  app.useBodyParser('json', { limit: bodyBytesMax, strict: true });
  serveConsole(app, join(services.config.root, 'apps/console/dist'));
  return app;
}

function securityHeaders(services: Services): ReturnType<typeof helmet> {
  const { publicUrl, gatewayUrl } = services.config;
  const secure = publicUrl.startsWith('https:');
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: [`'none'`],
        scriptSrc: [`'self'`],
        // The component library writes its styles at run time.
        styleSrc: [`'self'`, `'unsafe-inline'`],
        imgSrc: [`'self'`, 'data:', 'blob:'],
        fontSrc: [`'self'`],
        connectSrc: [`'self'`, new URL(gatewayUrl).origin],
        manifestSrc: [`'self'`],
        workerSrc: [`'self'`],
        baseUri: [`'none'`],
        formAction: [`'self'`],
        frameAncestors: [`'none'`],
        ...(secure ? { upgradeInsecureRequests: [] } : {}),
      },
    },
    strictTransportSecurity: secure ? { maxAge: 31_536_000, includeSubDomains: true } : false,
    referrerPolicy: { policy: 'no-referrer' },
  });
}

/** Serves the built console; a page's path that is no file gets the start page, which routes by itself. */
function serveConsole(app: NestExpressApplication, folder: string): void {
  if (!existsSync(join(folder, 'index.html'))) return;
  app.use(
    express.static(folder, {
      index: 'index.html',
      setHeaders: (response, path) => {
        // Built assets carry a hash in their name; the start page names the newest of them.
        const hashed = path.includes(`${join(folder, 'assets')}`);
        response.setHeader(
          'Cache-Control',
          hashed ? `public, max-age=${assetMaxAgeMs / 1_000}, immutable` : 'no-cache',
        );
      },
    }),
  );
  app.use((request: Request, response: Response, next: NextFunction) => {
    const { path, method } = request;
    const page =
      (method === 'GET' || method === 'HEAD') &&
      !/^\/(v1(\/|$)|livez$|readyz$)/.test(path) &&
      !/\.[a-z0-9]+$/i.test(path);
    if (!page) return next();
    response.setHeader('Cache-Control', 'no-cache');
    response.sendFile(join(folder, 'index.html'));
  });
}
