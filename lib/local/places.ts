import { fake as circleci } from '../../dependents/circleci-variable/fake.ts';
import { fake as gitlab } from '../../dependents/gitlab-ci-variable/fake.ts';
import { fake as terraform } from '../../dependents/terraform-cloud-variable/fake.ts';
import { fake as webhook } from '../../dependents/webhook/fake.ts';
import type { LoopbackHosts } from '../http/addresses.ts';
import type { DependentFake, FakeAnswer, FakeRequest, FakeWorld } from '../testing/fake.ts';
import { readJson, writeJson } from './files.ts';
import { serveOnLoopback } from './loopback.ts';

/** The places of the story that are somebody else's, in the order in which they are written. */
export const placeNames = ['pipeline variable', 'workflow secret', 'job context', 'infrastructure', 'shop hook'] as const;
export type PlaceName = (typeof placeNames)[number];
export type Held = Readonly<Record<PlaceName, string | undefined>>;

/** Five vendors as far as their fakes know them, on loopback: each keeps a copy in a way of its own. */
export interface Places {
  /** Where each listens, by the vendor's host. */
  readonly loopback: LoopbackHosts;
  /** What the catalog says of each. */
  readonly entries: readonly {
    readonly name: PlaceName;
    readonly kind: string;
    readonly target: object;
    readonly authority: string;
  }[];
  /** What their authority secrets hold, by name. */
  readonly authorities: Readonly<Record<string, object>>;
  /** What each hands to those who use it. */
  held(): Held;
  /** A person writes there. */
  writeByHand(name: PlaceName, value: string): void;
  /** This one refuses every change from now on; none does where none is named. */
  refuseAt(name: PlaceName | undefined): void;
  /** What all of them held when one refused last. */
  heldAtRefusal(): Held | undefined;
  close(): void;
}

/** What they know is kept in a file, so that it survives a restart as the secrets do. */
export async function startPlaces(world: FakeWorld, file: string): Promise<Places> {
  // Not with everything else: its cryptography is large, and other commands need none of it.
  const { fake: github } = await import('../../dependents/github-actions/fake.ts');
  const fakes = {
    'pipeline variable': { kind: 'gitlab-ci-variable', fake: gitlab(world) },
    'workflow secret': { kind: 'github-actions', fake: github(world) },
    'job context': { kind: 'circleci-variable', fake: circleci(world) },
    infrastructure: { kind: 'terraform-cloud-variable', fake: terraform(world) },
    'shop hook': { kind: 'webhook', fake: webhook(world) },
  } satisfies Record<PlaceName, { kind: string; fake: DependentFake }>;
  const places: readonly { name: PlaceName; kind: string; fake: DependentFake }[] = placeNames.map((name) => ({
    name,
    ...fakes[name],
  }));
  const known = (readJson(file) ?? {}) as Partial<Record<PlaceName, object>>;
  for (const { name, fake } of places) fake.state = known[name] ?? fake.state;

  const save = () => writeJson(file, Object.fromEntries(places.map(({ name, fake }) => [name, fake.state])));
  const held = () => Object.fromEntries(places.map(({ name, fake }) => [name, fake.holds()])) as Held;
  let refusing: PlaceName | undefined;
  let heldAtRefusal: Held | undefined;
  const answer = (name: PlaceName, { handle = () => ({ status: 404 }) }: DependentFake, request: FakeRequest): FakeAnswer => {
    if (name === refusing && request.method !== 'GET') {
      heldAtRefusal = held();
      return { status: 422 };
    }
    const answered = handle(request);
    save();
    return answered;
  };
  const servers = await Promise.all(
    places.map(({ name, fake }) => serveOnLoopback({ handle: (request) => answer(name, fake, request) })),
  );

  return {
    loopback: Object.fromEntries(places.map(({ fake }, index) => [new URL(fake.api ?? '').host, servers[index]?.url ?? ''])),
    entries: places.map(({ name, kind, fake }) => ({ name, kind, target: fake.target, authority: authorityOf(kind) })),
    authorities: Object.fromEntries(places.map(({ kind, fake }) => [authorityOf(kind), fake.authority ?? {}])),
    held,
    writeByHand(name, value) {
      fakes[name].fake.tamper(value);
      save();
    },
    refuseAt(name) {
      refusing = name;
    },
    heldAtRefusal: () => heldAtRefusal,
    close() {
      for (const server of servers) server.close();
    },
  };
}

function authorityOf(kind: string): string {
  return `keyturn/authorities/${kind}`;
}
