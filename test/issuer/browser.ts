type Ask = (url: string, init: RequestInit) => Promise<Response>;

/** As much of a browser as signing in takes: cookies, and going where it is sent. `ask` may answer for a host that is on no port. */
export function createBrowser(origin: string, ask: Ask = fetch) {
  const jars = new Map<string, Map<string, string>>();
  const jarOf = (url: string) => {
    const { host } = new URL(url);
    const jar = jars.get(host) ?? new Map<string, string>();
    jars.set(host, jar);
    return jar;
  };
  const load = async (url: string, init: RequestInit = {}) => {
    const cookie = [...jarOf(url)].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await ask(url, { ...init, redirect: 'manual', headers: { cookie, ...init.headers } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /max-age=0/i.test(line)) jarOf(url).delete(name);
      else jarOf(url).set(name, value);
    }
    return answer;
  };
  const seal = async (path: string, action = path) => {
    const page = await (await load(`${origin}${path}`)).text();
    return new RegExp(`action="${action}">\\s*<input type="hidden" name="seal" value="([^"]+)"`).exec(page)?.[1] ?? '';
  };
  const send = (path: string, fields: Record<string, string>) =>
    load(`${origin}${path}`, { method: 'POST', headers: { origin }, body: new URLSearchParams(fields) });
  return {
    jar: () => jarOf(origin),
    load,
    get: (path: string) => load(`${origin}${path}`),
    text: async (path: string) => (await load(`${origin}${path}`)).text(),
    /** Of the form on a page. */
    seal,
    send,
    post: async (path: string, fields: Record<string, string> = {}) => send(path, { seal: await seal(path), ...fields }),
    /** Goes on until somebody answers with a page; up to an address, where it is named. */
    async follow(from: string, until = 'nowhere'): Promise<{ readonly answer: Response; readonly url: string }> {
      let url = from;
      for (;;) {
        if (url.includes(until)) return { answer: new Response(), url };
        const answer = await load(url);
        const location = answer.headers.get('location');
        if (location === null) return { answer, url };
        url = new URL(location, url).href;
      }
    },
  };
}
