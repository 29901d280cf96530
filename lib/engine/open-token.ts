import type * as z from 'zod';
import type { AnyDependent, AnyRotator, AuthorityContext, Copy, Credential, DependentContext, TokenContext } from './contract.ts';
import { RotationError } from './errors.ts';
import type { Address, DependentFacts, RotatorFacts } from './facts.ts';
import { current } from './labels.ts';
import { concrete, type Ports, type StoredVersion } from './ports.ts';
import type { Secret } from './secret.ts';
import { dependentFor, rotatorFor } from './specific.ts';
import { decodeStored } from './stored-value.ts';
import type { DependentEntry, Token } from './token.ts';

/** Where plug-ins come from; loading is asynchronous, so that only what a token needs is loaded. */
export interface Registry {
  rotator(name: string): Promise<AnyRotator | undefined>;
  dependent(kind: string): Promise<AnyDependent | undefined>;
}

/** A token of the catalog with its plug-ins loaded, its fields parsed and its doors open. */
export interface OpenToken {
  readonly ports: Ports;
  readonly token: Token;
  readonly rotator: AnyRotator;
  readonly asToken: TokenContext<unknown>;
  readonly dependents: readonly OpenDependent[];
  /** Runs something with the authority; a refusal is `authority`, and makes the next attempt read the authority again. */
  withAuthority<Result>(act: (context: AuthorityContext<unknown, unknown>) => Promise<Result>): Promise<Result>;
}

export interface OpenDependent {
  readonly entry: DependentEntry;
  readonly plugin: AnyDependent;
  context(): Promise<DependentContext<unknown, unknown>>;
  /** After a refusal: the next context reads the authority again. */
  forgetAuthority(): void;
  /** What this place is to hold of a version. */
  copyOf(version: StoredVersion, secretArn: string): Copy;
}

/**
 * Authorities, read once a cold start and again every five minutes or after a refusal, because each read is a billed call and an
 * authority may be rotated too.
 */
export interface AuthorityCache {
  read(ports: Ports, secretId: string): Promise<Secret>;
  forget(secretId: string): void;
}

export function createAuthorityCache(): AuthorityCache {
  const kept = new Map<string, { text: Secret; readAt: number }>();
  return {
    async read({ store, clock }, secretId) {
      const known = kept.get(secretId);
      if (known !== undefined && Math.abs(clock.now() - known.readAt) < 5 * 60_000) return known.text;
      const version = await store.read(secretId, { label: current });
      if (version === undefined) {
        throw new RotationError('authority', `keyturn: the authority secret ${secretId} has no value`, {
          fix: `Put the credential that may mint and revoke into the secret ${secretId}.`,
          definite: true,
        });
      }
      kept.set(secretId, { text: version.text, readAt: clock.now() });
      return version.text;
    },
    forget: (secretId) => {
      kept.delete(secretId);
    },
  };
}

/** Throws `catalog` where the entry does not fit its plug-ins. Calls nobody. */
export async function openToken(ports: Ports, registry: Registry, authorities: AuthorityCache, token: Token): Promise<OpenToken> {
  const provider = await registry.rotator(token.provider);
  if (provider === undefined) throw unknownPlugin('provider', token.provider, token);
  const scope = parse(provider.scope, token.scope, `${token.name}: scope`);
  const rotator = rotatorFor(provider, scope);
  const asToken: TokenContext<unknown> = { http: door(ports, rotator.facts, scope), aws: ports.aws(undefined), scope };
  const dependents = await Promise.all(
    token.dependents.map(async (entry): Promise<OpenDependent> => {
      const kind = await registry.dependent(entry.kind);
      if (kind === undefined) throw unknownPlugin('dependent', entry.kind, token);
      const target = parse(kind.target, entry.target, `${token.name}: target of ${entry.name}`);
      const plugin = dependentFor(kind, target);
      const doors = { http: door(ports, plugin.facts, target), aws: ports.aws(entry.via), crypto: ports.crypto, target };
      return {
        entry,
        plugin,
        async context() {
          const authority = await readAuthority(ports, authorities, entry.authority, plugin.authority, entry.name);
          return { ...doors, authority, now: ports.clock.now() };
        },
        forgetAuthority() {
          if (entry.authority !== undefined) authorities.forget(entry.authority);
        },
        copyOf: (version, secretArn) => ({
          value: pick(entry, version.text, decodeStored(token.value, version.text)),
          versionId: version.versionId,
          secretArn,
          token: token.name,
        }),
      };
    }),
  );
  return {
    ports,
    token,
    rotator,
    asToken,
    dependents,
    async withAuthority(act) {
      const authority = await readAuthority(ports, authorities, token.authority, rotator.authority, token.provider);
      try {
        return await act({ ...asToken, authority, crypto: ports.crypto });
      } catch (error) {
        if (!(error instanceof RotationError) || error.code !== 'refused') throw error;
        if (token.authority !== undefined) authorities.forget(token.authority);
        throw new RotationError(
          'authority',
          `${token.provider}: the authority ${token.authority ?? ''} was refused: ${error.message}`,
          {
            fix: 'Renew the authority or give it the rights that the provider page of the docs lists, then rotate again.',
            definite: error.definite,
            cause: error,
            ...(error.status === undefined ? {} : { status: error.status }),
          },
        );
      }
    },
  };
}

function pick(entry: DependentEntry, text: Secret, credential: Credential): Secret {
  if (entry.copies === 'stored') return text;
  if (entry.copies === 'value') return credential.value;
  const part = credential.parts[entry.copies.part];
  if (part !== undefined) return part;
  throw new RotationError(
    'catalog',
    `${entry.name}: copies the part \`${entry.copies.part}\`, which is not in \`value.fields\``,
    {
      fix: `Add \`${entry.copies.part}\` to \`value.fields\`, or change \`copies\`.`,
      definite: true,
    },
  );
}

async function readAuthority(
  ports: Ports,
  authorities: AuthorityCache,
  secretId: string | undefined,
  schema: z.ZodType,
  who: string,
): Promise<unknown> {
  let raw: unknown = {};
  if (secretId !== undefined) {
    const text = await authorities.read(ports, secretId);
    try {
      raw = JSON.parse(text.reveal());
    } catch {
      raw = { value: text.reveal() }; // a bare key is the short form of { "value": key }
    }
  }
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  if (secretId !== undefined) authorities.forget(secretId);
  throw new RotationError(
    'authority',
    `${who}: the authority ${secretId ?? '(none)'} lacks or misspells ${fieldsOf(parsed.error)}`,
    {
      fix: 'Store it as a JSON object with the fields that the docs page of this plug-in names (a bare key where that is only `value`).',
      definite: true,
    },
  );
}

function parse(schema: z.ZodType, raw: unknown, where: string): unknown {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new RotationError('catalog', `${where}: lacks or misspells ${fieldsOf(parsed.error)}`, {
    fix: 'Run `keyturn check` on the catalog: it names the line.',
    definite: true,
  });
}

// The paths of what does not fit, and never what stood there.
function fieldsOf(error: z.ZodError): string {
  const paths = error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path],
  );
  return paths.map((path) => `\`${path.join('.') || '(all of it)'}\``).join(', ');
}

function door(ports: Ports, facts: RotatorFacts | DependentFacts, fields: unknown): TokenContext<unknown>['http'] {
  const address = (each: Address) => concrete(each, fields);
  const [api] = facts.api === undefined ? [] : address(facts.api);
  const hosts = [...(api === undefined ? [] : [api]), ...(facts.otherHosts ?? []).flatMap(address)];
  return ports.http(facts.name, { api, hosts });
}

function unknownPlugin(sort: string, name: string, token: Token): RotationError {
  return new RotationError('catalog', `${token.name}: there is no ${sort} \`${name}\``, {
    fix: `See \`keyturn ${sort === 'provider' ? 'rotators' : 'dependents'}\` for the names.`,
    definite: true,
  });
}
