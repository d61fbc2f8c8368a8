import { addressOnGatewayHost } from './one-host';

describe('addressOnGatewayHost', () => {
  it.each([
    ['http://127.0.0.1:8080/login?next=/ledgers', 'http://localhost:8081', 'http://localhost:8080/login?next=/ledgers'],
    ['http://localhost:8080/', 'http://localhost:8081', null],
    ['https://console.bank.example/', 'https://gateway.bank.example', null],
    ['http://localhost:8080/', 'https://gateway.bank.example', null],
  ])('%s with the gateway at %s', (page, gatewayUrl, moved) => {
    expect(addressOnGatewayHost(new URL(page), gatewayUrl)).toBe(moved);
  });
});
