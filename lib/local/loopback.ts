import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { type FakeAnswer, type FakeRequest, toFakeRequest, toResponse } from '../testing/fake.ts';

export interface LoopbackServer {
  readonly url: string;
  close(): void;
}

/** Puts a stand-in on a free port of 127.0.0.1. */
export async function serveOnLoopback(standIn: { handle(request: FakeRequest): FakeAnswer }): Promise<LoopbackServer> {
  return new Promise((resolve) => {
    const server = serve(
      {
        fetch: async (request: Request) => toResponse(standIn.handle(await toFakeRequest(request))),
        hostname: '127.0.0.1',
        port: 0,
      },
      ({ port }: AddressInfo) => resolve({ url: `http://127.0.0.1:${port}`, close: () => void server.close() }),
    );
  });
}
