import type { Hono } from 'hono';
import { openHastyAsker } from '../aws/invoker.ts';
import type { CatalogEntry } from '../catalog/catalog.ts';
import { providersOf } from '../catalog/compile.ts';
import { parseWhole } from '../catalog/whole.ts';
import { type Admitted, createAdmission } from '../console/admission.ts';
import { createConsole } from '../console/app.ts';
import type { Groups } from '../console/claims.ts';
import { createSessions } from '../console/sessions.ts';
import { createSignIn } from '../console/sign-in.ts';
import { RotationError } from '../engine/errors.ts';
import type { SecretState } from '../engine/ports.ts';
import { functionArnOf } from '../operations/function-arn.ts';
import type { Installation } from '../operations/installation.ts';
import { registry } from '../plugin/registry.ts';
import { readFileOf } from './catalog.ts';
import { openConsolePorts } from './ports.ts';

/** What the deployment tells the console, as one variable holds it. */
export interface ConsoleDeployment {
  /** Its own address. */
  readonly origin: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly groups: Groups;
  readonly admitted: Admitted;
  /** The prefix of the installation. */
  readonly installation: string;
}

/** An answer of a function behind an HTTP API. */
const turnedAway = {
  statusCode: 403,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  body: 'This console is not open to the address that you come from.',
};

let opened: Promise<Hono<never>> | undefined;

/** The console as it is deployed. Opened once in the life of a process: it holds nothing of anybody. */
export function openConsole(): Promise<Hono<never>> {
  opened ??= open(readDeployment());
  return opened;
}

/** Undefined for somebody who may come in, by the address that the HTTP API has seen. */
export function turnAway(event: unknown): typeof turnedAway | undefined {
  const { requestContext } = event as { readonly requestContext?: { readonly http?: { readonly sourceIp?: string } } };
  return createAdmission(readDeployment().admitted)(requestContext?.http?.sourceIp ?? '') ? undefined : turnedAway;
}

function readDeployment(): ConsoleDeployment {
  return JSON.parse(process.env.KEYTURN_CONSOLE ?? '{}') as ConsoleDeployment;
}

async function open({ origin, issuer, clientId, groups, installation: prefix }: ConsoleDeployment): Promise<Hono<never>> {
  const catalog = parseWhole(readFileOf('KEYTURN_WHOLE_FILE'));
  const { configuration, clock, openShelf, store, ledger } = await openConsolePorts(providersOf(catalog));
  const askFunction = openHastyAsker(configuration);
  const installation: Installation = {
    catalog,
    clock,
    store,
    ledger,
    entry(name) {
      const entry = catalog.entries.find(({ token }) => token.name === name);
      if (entry !== undefined) return entry;
      throw new RotationError('catalog', 'keyturn: there is no token of this name in the catalog', {
        fix: 'The list of tokens has them all.',
        definite: true,
      });
    },
    describe: ({ token }) => store.describe(token.secret),
    functionArn: (entry, state) => functionArnOf(prefix, entry, state),
    async ask<Answer>({ token }: CatalogEntry, state: SecretState, event: { readonly Job: string }) {
      return (await askFunction(`${prefix}-rotate-${token.provider}`, { ...event, SecretId: state.arn })) as Answer;
    },
  };
  const sessions = createSessions(openShelf, clock);
  const entrance = createSignIn({ issuer, clientId, groups, origin, catalog, sessions, clock });
  return createConsole({ installation, registry, origin, entrance }) as unknown as Hono<never>;
}
