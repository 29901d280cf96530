import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Method } from '../../lib/engine/contract.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { createDoor, createLoopbackDoor, failureOf, serve } from './setup.ts';

// Goal: whatever a plug-in, a catalog or an answer makes of an address, nothing is called that is not in the allow-list.
// Method: tables of every trick we know, each with the count of calls; then arbitrary compositions of such tricks.

describe('a path', () => {
  it.each([
    ['https://api.lantern.test', '/keys', 'https://api.lantern.test/keys'],
    ['https://api.lantern.test', 'keys', 'https://api.lantern.test/keys'],
    ['https://api.lantern.test/', '/keys', 'https://api.lantern.test/keys'],
    ['https://api.lantern.test/v3', '/keys', 'https://api.lantern.test/v3/keys'],
    ['https://api.lantern.test/v3/', 'keys/', 'https://api.lantern.test/v3/keys/'],
    ['https://lantern.test/self/hosted/api', '/keys', 'https://lantern.test/self/hosted/api/keys'],
    ['https://api.lantern.test:8443/v3', '/keys', 'https://api.lantern.test:8443/v3/keys'],
    ['https://API.Lantern.test', '/Keys', 'https://api.lantern.test/Keys'],
    ['https://xn--lantrn-eva.test', '/keys', 'https://xn--lantrn-eva.test/keys'],
    ['https://api.lantern.test', '/scope/@acme%2Ftools', 'https://api.lantern.test/scope/@acme%2Ftools'],
    ['https://api.lantern.test', '/users/jösé', 'https://api.lantern.test/users/j%C3%B6s%C3%A9'],
    ['https://api.lantern.test', '/keys/a.b..c', 'https://api.lantern.test/keys/a.b..c'],
    ['https://api.lantern.test', '/keys?cursor=a%2Bb%0A&at=../x', 'https://api.lantern.test/keys?cursor=a%2Bb%0A&at=../x'],
    ['https://api.lantern.test/v3', 'https://api.lantern.test/v3/keys?page=2', 'https://api.lantern.test/v3/keys?page=2'],
    ['https://api.lantern.test', '', 'https://api.lantern.test/'],
  ])('on %s: %s is %s', async (api, path, address) => {
    const { http, seen } = createDoor(undefined, { api });

    await http('GET', path);

    expect(seen.map(({ url }) => url)).toEqual([address]);
  });

  it.each<[string, string, Method, string]>([
    ['dots', '/keys/..', 'GET', 'dots'],
    ['a single dot', '/keys/./x', 'GET', 'dots'],
    ['encoded dots', '/keys/%2e%2E/admin', 'GET', 'dots'],
    ['dots that are encoded twice', '/keys/%252e%252e/admin', 'GET', 'dots'],
    ['dots behind an encoded slash', '/keys/x%2f..%2fadmin', 'DELETE', 'dots'],
    ['dots behind an encoded backslash', '/keys/x%5C..%5cadmin', 'DELETE', 'dots'],
    ['dots with a parameter', '/keys/..;x=1/admin', 'GET', 'dots'],
    ['a backslash', '/keys\\..\\admin', 'GET', 'character'],
    ['a line break, which the parser drops', '/keys/a\nb', 'DELETE', 'character'],
    ['a tab, which the parser drops', '/keys/a\tb', 'DELETE', 'character'],
    ['a space at the end, which the parser drops', '/keys/a ', 'DELETE', 'character'],
    ['an encoded line break', '/keys/a%0d%0aHost:evil', 'GET', 'character'],
    ['an encoded zero', '/keys/a%00', 'GET', 'character'],
    ['half of a surrogate pair, which the parser replaces', '/keys/\ud800', 'GET', 'character'],
    ['a fragment, which fetch drops', '/keys/a#b', 'DELETE', 'number sign'],
    ['a ref that was not encoded', '/keys/a?b', 'DELETE', 'question mark'],
    ['an empty ref', '/keys//roles', 'DELETE', 'empty segment'],
    ['another host', '//evil.test/keys', 'GET', 'empty segment'],
    ['another host with backslashes', '\\\\evil.test\\keys', 'GET', 'character'],
  ])('with %s is refused and calls nobody', async (_what, path, method, why) => {
    const { http, seen } = createDoor();

    const error = await failureOf(http(method, path));

    expect(error).toMatchObject({ code: 'host-refused', definite: true });
    expect(error.message).toContain(why);
    expect(error.message).not.toContain('evil');
    expect(seen).toEqual([]);
  });

  it('needs a base address to be joined to', async () => {
    const { http, seen } = createDoor(undefined, { api: undefined, hosts: ['https://api.lantern.test'] });

    expect(await failureOf(http('GET', '/keys'))).toMatchObject({ code: 'host-refused' });
    expect(seen).toEqual([]);
  });
});

describe('an absolute address', () => {
  it.each([
    ['another host', 'https://evil.test/'],
    ['a host that only begins alike', 'https://api.lantern.test.evil.test/'],
    ['a host that only ends alike', 'https://evil-api.lantern.test/'],
    ['a parent', 'https://lantern.test/'],
    ['our host as the user', 'https://api.lantern.test@evil.test/'],
    ['our host as user and password', 'https://api.lantern.test:443@evil.test/'],
    ['a user name', 'https://user@api.lantern.test/'],
    ['a password', 'https://user:hunter2@api.lantern.test/'],
    ['an empty user', 'https://@api.lantern.test/'],
    ['our host behind a backslash', 'https://evil.test\\@api.lantern.test/'],
    ['our host behind a fragment', 'https://evil.test#@api.lantern.test/'],
    ['a dot at its end', 'https://api.lantern.test./'],
    ['a dot before its port', 'https://api.lantern.test.:443/'],
    ['another port', 'https://api.lantern.test:8443/'],
    ['a port that is none', 'https://api.lantern.test:99999/'],
    ['a Cyrillic look-alike', 'https://\u0430pi.lantern.test/'],
    ['letters of full width', 'https://\uff41pi.lantern.test/'],
    ['a full stop of full width', 'https://api\u3002lantern.test/'],
    ['a soft hyphen', 'https://api.lan\u00adtern.test/'],
    ['an encoded letter', 'https://%61pi.lantern.test/'],
    ['a line break', 'https://api.lantern\n.test/'],
    ['no encryption', 'http://api.lantern.test/'],
    ['web sockets', 'wss://api.lantern.test/'],
    ['a file', 'file:///etc/passwd'],
    ['data', 'data:application/json,{}'],
    ['a script', 'javascript:alert(1)'],
    ['a blob', 'blob:https://api.lantern.test/1'],
    ['one slash', 'https:/api.lantern.test/'],
    ['no slash', 'https:api.lantern.test/'],
    ['backslashes', 'https:\\\\api.lantern.test/'],
    ['nothing behind the scheme', 'https://'],
    ['dots', 'https://api.lantern.test/a/../b'],
    ['loopback', 'https://127.0.0.1/'],
    ['the metadata of an instance', 'http://169.254.169.254/latest/meta-data/'],
  ])('with %s is refused and calls nobody, and is not echoed', async (_what, address) => {
    const { http, seen } = createDoor();

    const error = await failureOf(http('GET', address));

    expect(error).toMatchObject({ code: 'host-refused', definite: true });
    expect(error.message).not.toMatch(/evil|hunter2/);
    expect(seen).toEqual([]);
  });

  it('that is refused is told why', async () => {
    const { http } = createDoor();

    const withUser = await failureOf(http('GET', 'https://user:hunter2@api.lantern.test/'));
    const elsewhere = await failureOf(http('GET', 'https://evil.test/'));

    expect(withUser.message).toBe('lantern: the address holds a user name or password');
    expect(elsewhere.message).toBe('lantern: an address is not in its allowed hosts (https://api.lantern.test)');
  });

  it('may be on any of the allowed hosts', async () => {
    const { http, seen } = createDoor(undefined, { hosts: ['https://api.lantern.test', 'https://upload.lantern.test:8443/x'] });

    await http('GET', 'https://upload.lantern.test:8443/y');

    expect(seen.map(({ url }) => url)).toEqual(['https://upload.lantern.test:8443/y']);
  });

  it('may hold a query where it is fixed in the catalog', async () => {
    const hook = 'https://hooks.test/in?channel=7';
    const { http, seen } = createDoor(undefined, { api: undefined, hosts: [hook] });

    await http('POST', hook, { json: {} });

    expect(seen.map(({ url }) => url)).toEqual([hook]);
  });
});

describe('a base address of the catalog', () => {
  it.each([
    'http://lantern.test',
    'file:///etc',
    'lantern.test',
    '',
    'https://',
    'https://user:hunter2@lantern.test',
    'https://lantern.test.',
    'https://lantern.test/?a=b',
    'https://lantern.test/#a',
    'https://lantern.test/a/../b',
    'https://l\u00e4ntern.test',
    'ftp://lantern.test',
  ])('that is %s is refused', async (api) => {
    const { http, seen } = createDoor(undefined, { api });

    expect(await failureOf(http('GET', '/keys'))).toMatchObject({ code: 'host-refused', definite: true });
    expect(seen).toEqual([]);
  });

  it.each([
    'localhost',
    'LOCALHOST',
    'api.localhost',
    '127.0.0.1',
    '127.1',
    '127.255.255.254',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '0177.0.0.1',
    '017700000001',
    '0',
    '0.0.0.0',
    '169.254.169.254',
    '169.254.170.2',
    '0xa9fea9fe',
    '2852039166',
    '0251.0376.0251.0376',
    '192.0.0.192',
    '224.0.0.1',
    '255.255.255.255',
    '[::]',
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[0000::0001]',
    '[::127.0.0.1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[0:0:0:0:0:ffff:a9fe:a9fe]',
    '[::ffff:0:127.0.0.1]',
    '[64:ff9b::127.0.0.1]',
    '[64:ff9b::a9fe:a9fe]',
    '[64:ff9b:1::1]',
    '[2001:0:1::1]',
    '[2002:7f00:1::]',
    '[fe80::1]',
    '[febf::1]',
    '[fec0::1]',
    '[ff02::1]',
    '[fd00:ec2::254]',
    '[fd00:ec2::23]',
  ])('on %s is refused, though it is in the allow-list', async (host) => {
    const { http, seen } = createDoor(undefined, { api: `https://${host}/` });

    const error = await failureOf(http('GET', '/keys'));

    expect(error).toMatchObject({ code: 'host-refused', definite: true });
    expect(error.message).toContain('inner address');
    expect(seen).toEqual([]);
  });

  it.each([
    '10.0.0.5',
    '172.16.9.9',
    '192.168.1.1',
    '100.64.0.1',
    '[fd12:3456::1]',
    '[2600:9000::1]',
    '[64:ff9b::8.8.8.8]',
    '3221226219',
  ])('on %s is called: services that people host themselves are in private networks', async (host) => {
    const { http, seen } = createDoor(undefined, {
      api: `https://${host}/`,
      resolve: () => Promise.reject(new Error('an address needs no look-up')),
    });

    await http('GET', '/keys');

    expect(seen).toHaveLength(1);
  });

  it('is refused in every spelling of an IPv4 address inside', async () => {
    const first = fc.constantFrom(0, 127, 169, 224, 255);
    const part = fc.integer({ min: 0, max: 255 });
    const spell = fc.constantFrom<(parts: readonly number[]) => string>(
      (parts) => parts.join('.'),
      (parts) => parts.map((each) => `0x${each.toString(16)}`).join('.'),
      (parts) => parts.map((each) => `0${each.toString(8)}`).join('.'),
      (parts) => String(parts.reduce((sum, each) => sum * 256 + each, 0)),
      (parts) => `[::ffff:${parts.join('.')}]`,
      (parts) => `[64:ff9b::${parts.join('.')}]`,
    );

    await fc.assert(
      fc.asyncProperty(first, part, part, part, spell, async (a, b, c, d, write) => {
        const parts = [a, a === 169 ? 254 : b, c, d];
        const { http, seen } = createDoor(undefined, { api: `https://${write(parts)}` });

        await failureOf(http('GET', '/'));

        expect(seen).toEqual([]);
      }),
    );
  });
});

describe('a name', () => {
  it.each([
    [['127.0.0.1']],
    [['192.0.2.7', '127.0.0.1']],
    [['::1']],
    [['fe80::1%eth0']],
    [['::ffff:169.254.169.254']],
    [['169.254.169.254']],
    [['fd00:ec2::254']],
    [['0.0.0.0']],
  ])('that stands for %j is refused', async (addresses) => {
    const { http, seen } = createDoor(undefined, { resolve: async () => addresses });

    const error = await failureOf(http('POST', '/keys', { bearer: new Secret('canary-8h2kd83hd02jd') }));

    expect(error).toMatchObject({ code: 'host-refused', definite: true });
    expect(seen).toEqual([]);
  });

  it('that does not resolve is tried again, and was certainly not called', async () => {
    const names: string[] = [];
    const { http, seen, pauses } = createDoor(undefined, {
      resolve: (name) => {
        names.push(name);
        return names.length < 3 ? Promise.reject(new Error('queryA EAI_AGAIN')) : Promise.resolve(['192.0.2.7']);
      },
    });

    await http('POST', '/keys', { json: {} });

    expect(names).toEqual(['api.lantern.test', 'api.lantern.test', 'api.lantern.test']);
    expect([pauses.length, seen.length]).toEqual([2, 1]);
  });

  it('that never resolves is `unavailable`', async () => {
    const { http, seen } = createDoor(undefined, { resolve: () => Promise.reject(new Error('ENOTFOUND')) });

    expect(await failureOf(http('POST', '/keys'))).toMatchObject({ code: 'unavailable', definite: true });
    expect(seen).toEqual([]);
  });

  it('whose look-up hangs was certainly not called, not even later', async () => {
    let answer: (addresses: readonly string[]) => void = () => {};
    const { http, seen } = createDoor(undefined, {
      timeoutSeconds: 0.05,
      remaining: () => 1100,
      resolve: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    });

    const error = await failureOf(http('POST', '/keys'));
    answer(['192.0.2.7']);
    await new Promise(setImmediate);

    expect(error).toMatchObject({ code: 'unavailable', definite: true });
    expect(seen).toEqual([]);
  });
});

describe('loopback', () => {
  it('is reached only by a build for a laptop', async () => {
    const { url } = await serve((_request, response) => response.end('{}'));
    const { http: open } = createLoopbackDoor(url);
    const { http: closed, seen } = createDoor(undefined, { api: url });

    expect((await open('GET', '/')).status).toBe(200);
    expect(await failureOf(closed('GET', '/'))).toMatchObject({ code: 'host-refused' });
    expect(seen).toEqual([]);
  });

  it.each(['http://169.254.169.254', 'http://0.0.0.0', 'http://10.0.0.5', 'http://api.lantern.test', 'https://[fe80::1]'])(
    'is all that a laptop opens: %s stays closed',
    async (api) => {
      const { http, seen } = createDoor(undefined, { api, loopback: {} });

      expect(await failureOf(http('GET', '/'))).toMatchObject({ code: 'host-refused' });
      expect(seen).toEqual([]);
    },
  );

  it('takes the place of a host that has a stand-in, path and query and all', async () => {
    const { http, seen } = createDoor(undefined, {
      api: 'https://api.lantern.test/v3',
      loopback: { 'api.lantern.test': 'http://127.0.0.1:9/lantern/' },
    });

    await http('GET', '/keys', { query: { page: 2 } });

    expect(seen.map(({ url }) => url)).toEqual(['http://127.0.0.1:9/lantern/v3/keys?page=2']);
  });

  it.each(['http://api.lantern.test', 'http://169.254.169.254', 'http://10.0.0.5'])(
    'is all that a stand-in may be: %s is refused',
    async (standIn) => {
      const { http, seen } = createDoor(undefined, { loopback: { 'api.lantern.test': standIn } });

      expect(await failureOf(http('GET', '/'))).toMatchObject({ code: 'host-refused' });
      expect(seen).toEqual([]);
    },
  );

  it('has no stand-in for a host that is called like something that every object has', async () => {
    const { http, seen } = createDoor(undefined, { api: 'https://constructor', loopback: {} });

    await http('GET', '/');

    expect(seen.map(({ url }) => url)).toEqual(['https://constructor/']);
  });
});

describe('a path in an error', () => {
  it.each([
    ['/v3/api_keys', 'GET /v3/api_keys'],
    ['/-/npm/v1/tokens', 'GET /-/npm/v1/tokens'],
    ['/projects/acme/serviceAccounts', 'GET /projects/acme/serviceAccounts'],
    ['/personal_access_tokens/self', 'GET /personal_access_tokens/self'],
    ['/repos/acme/app/actions/secrets/public-key', 'GET /repos/acme/app/actions/secrets/public-key'],
    ['/keys/', 'GET /keys/'],
    ['/keys/4711', 'GET /keys/…'],
    ['/keys/k7', 'GET /keys/…'],
    ['/keys/AKIAXYZ', 'GET /keys/…'],
    ['/keys/sk_live_4eC39HqLyjWDarjtT1zdp7dc', 'GET /keys/…'],
    ['/keys/3f2504e0-4f89-11d3-9a0c-0305e82c3301/roles', 'GET /keys/…/roles'],
    ['/keys/abcdefghijklmnopqrstuvwxyz', 'GET /keys/…'],
    ['/keys/aaaa_bbbb_cccc_dddd_eeee_ffff_gggg_hhhh_iiii', 'GET /keys/…'],
    ['/keys/a%2Fb', 'GET /keys/…'],
    ['/keys/\u202egnp.exe', 'GET /keys/…'],
    ['/keys?token=visible', 'GET /keys'],
  ])('of %s is %s', async (path, shown) => {
    const { http } = createDoor(new Response(null, { status: 404 }));

    expect((await failureOf(http('GET', path))).message).toBe(`lantern: ${shown} answered 404`);
  });
});

it('takes no secret into a path or a query, by its type and by what it prints', async () => {
  const { http, seen } = createDoor();
  const secret = new Secret('canary-2kd93jd82ms02k');

  const calls = [
    // @ts-expect-error a Secret is no path
    http('GET', secret),
    // @ts-expect-error a Secret is no part of a query
    http('GET', '/keys', { query: { key: secret } }),
    http('DELETE', `/keys/${secret}`),
    http('DELETE', `/keys/${encodeURIComponent(String(secret))}`),
    http('GET', '/keys', { query: { key: `${secret}` } }),
    http('GET', `/keys?key=${secret}`.replace(' ', '+')),
  ];

  for (const call of calls) {
    const error = await failureOf(call);
    expect(error).toMatchObject({ code: 'internal', definite: true });
    expect(error.message).toContain('a secret was printed into its address');
  }
  expect(seen).toEqual([]);
});

it('calls nothing beyond its base path and allowed hosts, whatever the path is made of', async () => {
  const trick = fc.constantFrom(
    ...[
      '/',
      '//',
      '\\',
      '.',
      '..',
      '%2e',
      '%2E%2e',
      '%2f',
      '%5c',
      '%25',
      '@',
      ':',
      ';',
      '?',
      '#',
      '&',
      '=',
      ' ',
      '\t',
      '\n',
      '\0',
      '\ud800',
    ],
    ...[
      'https:',
      'http:',
      'https://',
      'file:',
      'data:',
      'evil.test',
      'api.lantern.test',
      'https://api.lantern.test',
      'https://evil.test',
    ],
    ...['127.0.0.1', '[::1]', '169.254.169.254', 'localhost', ':8443', 'v3', 'keys', '\u0430', '\uff0f', '\u2024', '\u3002'],
  );
  const path = fc.array(fc.oneof({ weight: 4, arbitrary: trick }, fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 8 });
  let called = 0;

  await fc.assert(
    fc.asyncProperty(path, fc.constantFrom<Method>('GET', 'POST', 'DELETE'), async (pieces, method) => {
      const { http, seen } = createDoor(undefined, {
        api: 'https://api.lantern.test/v3',
        hosts: ['https://api.lantern.test/v3', 'https://upload.lantern.test'],
      });
      const text = pieces.join('');

      const outcome = await http(method, text).catch((error: unknown) => error);

      if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'host-refused', definite: true });
      for (const { url } of seen) {
        called += 1;
        const { origin, pathname } = new URL(url);
        expect(['https://api.lantern.test', 'https://upload.lantern.test']).toContain(origin);
        if (!/^[a-z][a-z0-9+.-]*:/i.test(text)) expect(pathname).toMatch(/^\/v3\//);
      }
    }),
    { numRuns: 1000 },
  );

  expect(called).toBeGreaterThan(50); // or it would prove nothing
});

describe('an address of SSH', () => {
  const api = 'ssh://git.lantern.test:443';
  const ask = (path: string, options: Parameters<typeof createDoor>[1] = {}) => {
    const { http, seen } = createDoor(undefined, { api: undefined, hosts: [api], ...options });
    return { seen, asked: http('POST', path, { json: {}, asks: true }) };
  };

  it('is asked like any other', async () => {
    const { seen, asked } = ask(`${api}/acme/shop.git`);

    await asked;

    expect(seen.map(({ url }) => url)).toEqual([`${api}/acme/shop.git`]);
  });

  it.each([
    ['another host', 'ssh://evil.test:443/acme/shop.git'],
    ['another port', 'ssh://git.lantern.test:22/acme/shop.git'],
    ['no port', 'ssh://git.lantern.test/acme/shop.git'],
    ['another scheme', 'https://git.lantern.test/acme/shop.git'],
    ['a scheme that is not of ours', 'git://git.lantern.test:443/acme/shop.git'],
    ['a user', 'ssh://git@git.lantern.test:443/acme/shop.git'],
    ['dots', 'ssh://git.lantern.test:443/acme/../shop.git'],
  ])('with %s is refused and calls nobody', async (_what, path) => {
    const { seen, asked } = ask(path);

    expect(await failureOf(asked)).toMatchObject({ code: 'host-refused', definite: true });
    expect(seen).toEqual([]);
  });

  it.each([
    'ssh://127.0.0.1:22',
    'ssh://127.1:22',
    'ssh://2130706433:22',
    'ssh://0x7f000001:22',
    'ssh://[::1]:22',
    'ssh://[::ffff:127.0.0.1]:22',
    'ssh://localhost:22',
    'ssh://169.254.169.254',
    'ssh://GIT.lantern.test',
  ])('of an inner host, or one that is not written plainly, is refused: %s', async (host) => {
    const { seen, asked } = ask(`${host}/acme/shop.git`, { hosts: [host] });

    expect(await failureOf(asked)).toMatchObject({ code: 'host-refused' });
    expect(seen).toEqual([]);
  });

  it('whose name stands for an inner host is refused', async () => {
    const { seen, asked } = ask(`${api}/acme/shop.git`, { resolve: async () => ['169.254.169.254'] });

    expect(await failureOf(asked)).toMatchObject({ code: 'host-refused' });
    expect(seen).toEqual([]);
  });

  it('is refused where the deployment fixed another', async () => {
    const { seen, asked } = ask(`${api}/acme/shop.git`, { fixedHosts: ['ssh://git.lantern.test'] });

    expect(await failureOf(asked)).toMatchObject({ code: 'host-refused' });
    expect(seen).toEqual([]);
  });
});
