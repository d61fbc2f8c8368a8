import type { FastifyRequest } from 'fastify';

import { GatewayProblem } from '../problems/gateway-problem';

/** The body's bytes, if the request says that they are of this media type. */
export function bodyOf(request: FastifyRequest, mediaTypes: readonly string[]): Uint8Array {
  const mediaType = (request.headers['content-type'] ?? '').split(';', 1)[0].trim().toLowerCase();
  if (!mediaTypes.includes(mediaType) || !(request.body instanceof Uint8Array)) {
    throw new GatewayProblem('CONTENT_TYPE_UNSUPPORTED', `The body of this route is ${mediaTypes[0]}.`);
  }
  return request.body;
}
