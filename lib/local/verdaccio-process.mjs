// A real Verdaccio in a process of its own, on the story's clock. Plain JavaScript, because it is started by Node itself.
import { readFileSync } from 'node:fs';

const { config, clockFile } = JSON.parse(process.argv[2]);

// Its tokens are dated and expire by the clock that the visitor moves.
const RealDate = Date;
const now = () => {
  try {
    return RealDate.now() + JSON.parse(readFileSync(clockFile, 'utf8')).offsetMilliseconds;
  } catch {
    return RealDate.now(); // never moved
  }
};
globalThis.Date = class extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(now());
    else super(...parts);
  }
  static now() {
    return now();
  }
};

process.on('disconnect', () => process.exit(0));
let runServer;
try {
  ({ runServer } = await import('verdaccio'));
} catch {
  process.send({ missing: true });
}
if (runServer !== undefined) {
  const server = await runServer(config);
  server.on('error', (error) => process.send({ failed: error.code ?? 'unknown' }));
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
}
