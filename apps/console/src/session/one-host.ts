const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Where to go when the page and the gateway are on this machine under different names: the session cookie belongs to one
 * host name and would not reach the gateway. Null when all is well.
 */
export function addressOnGatewayHost(page: URL, gatewayUrl: string): string | null {
  const gateway = new URL(gatewayUrl);
  const bothLocal = loopbackNames.includes(page.hostname) && loopbackNames.includes(gateway.hostname);
  if (!bothLocal || page.hostname === gateway.hostname) return null;
  const moved = new URL(page);
  moved.hostname = gateway.hostname;
  return moved.href;
}
