// A real authorization server (oidc-provider) in a process of its own. Plain JavaScript, because it is started by Node itself.

const { initialAccessToken } = JSON.parse(process.argv[2]);

process.on('disconnect', () => process.exit(0));
let Provider;
try {
  ({ Provider } = await import('oidc-provider'));
} catch {
  process.send({ missing: true });
}
if (Provider !== undefined) {
  const { createServer } = await import('node:http');
  const server = createServer((request, response) => handle(request, response));
  let handle;
  server.on('error', (error) => process.send({ failed: error.code ?? 'unknown' }));
  server.listen(0, '127.0.0.1', () => {
    const url = `http://127.0.0.1:${server.address().port}`;
    // Its issuer is its own address, which is known only now.
    handle = new Provider(url, {
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        registration: { enabled: true, initialAccessToken },
        registrationManagement: { enabled: true },
      },
      ttl: { ClientCredentials: 600 },
    }).callback();
    process.send({ url });
  });
}
