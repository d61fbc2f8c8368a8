import { createControlPlaneClient, createGatewayClient, type GatewayClient } from '@quorate/sdk';

/** The console is patient for as long as a person is: later attempts are the person's own. */
const attemptsMax = 3;

/** The control plane serves the console itself, so its address is the page's origin. */
export const controlPlane = createControlPlaneClient({ url: location.origin, credentials: 'include', attemptsMax });

const gateways = new Map<string, GatewayClient>();

/** The client of the gateway at `url`; the session cookie goes along. */
export function gatewayAt(url: string): GatewayClient {
  const known = gateways.get(url);
  if (known !== undefined) return known;
  const client = createGatewayClient({ url, credentials: 'include', attemptsMax });
  gateways.set(url, client);
  return client;
}
