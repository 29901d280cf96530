import type { AnyRotator, AuthorityContext, TokenContext } from '../../lib/engine/contract.ts';
import { concrete } from '../../lib/engine/ports.ts';
import { createDoors } from '../../lib/http/door.ts';
import { originOf } from '../../lib/http/origin.ts';
import { type FakeAnswer, type FakeRequest, fetchOf } from '../../lib/testing/fake.ts';
import { legibleKeys } from '../../lib/testing/keys.ts';

/** A plug-in alone, at all of its addresses before something that answers as told; what was asked is kept. */
export function createBench(
  rotator: AnyRotator,
  given: { readonly scope: object; readonly authority: object },
  answer: (request: FakeRequest) => FakeAnswer,
) {
  const requests: FakeRequest[] = [];
  const hosts: string[] = [];
  const scope = rotator.scope.parse(given.scope);
  const { name, api, otherHosts = [] } = rotator.facts;
  const addresses = (api === undefined ? [] : [api, ...otherHosts]).flatMap((address) => concrete(address, scope));
  const handleAt = (origin: string) => (request: FakeRequest) => {
    hosts.push(origin);
    requests.push(request);
    return answer(request);
  };
  const http = createDoors({
    fetch: fetchOf(addresses.map((address) => ({ api: address, handle: handleAt(originOf(address)) }))),
    clock: { now: () => 0, sleep: async () => {} },
    random: (bytes) => new Uint8Array(bytes),
    remaining: () => 60_000,
    resolve: async () => [],
  })(name, { api: addresses[0], hosts: addresses });
  const context = {
    http,
    aws: () => {
      throw new Error(`${name} is not on AWS`);
    },
    scope,
    authority: rotator.authority.parse(given.authority),
    crypto: { seal: async () => new Uint8Array(), ...legibleKeys((bytes) => new Uint8Array(bytes).fill(7)) },
  } satisfies TokenContext<unknown> & AuthorityContext<unknown, unknown>;
  return { context, requests, hosts };
}
