/** Scheme, host and port, as `URL` tells them of a web address: of any other it says nothing. */
export function originOf(address: string | URL): string {
  const { origin, protocol, host } = new URL(address);
  return origin === 'null' ? `${protocol}//${host}` : origin;
}
