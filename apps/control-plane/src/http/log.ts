import type { Config } from '@quorate/config';
import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';

/** Injection token of the process's logger. */
export const loggerToken = Symbol('logger');

/** JSON lines on standard output; fields that could hold a secret are cut out whoever logs them. */
export function createLogger(config: Config): Logger {
  return pino({
    name: 'control-plane',
    level: config.logLevel,
    base: { app: 'control-plane', pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: [
        'password',
        'key',
        'token',
        'cookie',
        'authorization',
        '*.password',
        '*.key',
        '*.token',
        '*.cookie',
        '*.authorization',
      ],
      remove: true,
    },
  });
}

/** Lets Nest write its few messages through the same logger. */
export class NestLog implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown): void {
    this.logger.debug({ framework: String(message) }, 'framework');
  }

  warn(message: unknown): void {
    this.logger.warn({ framework: String(message) }, 'framework');
  }

  error(message: unknown): void {
    this.logger.error({ framework: String(message) }, 'framework');
  }
}
