import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'github-deploy-key',
  title: 'GitHub deploy key',
  summary:
    'Lets whoever has it fetch one repository by SSH, or push to it. Keyturn makes the pair; GitHub never sees the private half.',
  kind: 'api',
  strategy: 'byo',
  api: { field: 'apiUrl' },
  otherHosts: [{ field: 'sshAddress' }],
  mark: can({ maximumCharacters: 100 }),
  list: can(),
  revoke: can(),
  expiry: cannot('deploy keys never expire; the catalog sets the age instead'),
  scopes: can(),
  lastUsed: cannot('GitHub tells a last use, but nobody could check how exactly and how late'),
  slots: cannot('GitHub names no limit for deploy keys'),
  parts: {},
  requiredParts: [],
  valueBytes: 420,
  isMultiline: true,
  settleSeconds: 30,
  deathSeconds: 60,
  /** Of GitHub.com, in the order Ed25519, ECDSA, RSA. */
  hostKeys: [
    'SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU',
    'SHA256:p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM',
    'SHA256:uNiVztksCsDhcc0u9e8BujQXVUpKZIDTMczCvj3tD2s',
  ],
  leastPrivilege: [
    'Make a fine-grained personal access token of a machine account, for this one repository, with the permission "Administration: read and write" and nothing else. GitHub ties deploy keys to that permission.',
    'Store it in the authority secret: {"token": "github_pat_..."}. It expires, so put it into the catalog as a token of its own, of the provider `github-pat`.',
    'Give the key `access: read` unless somebody really pushes with it: one that may write may do what an administrator of the repository may.',
    'Ask first whether it has to be a key at all. In GitHub Actions the job has a `GITHUB_TOKEN`; elsewhere a GitHub App gives tokens that end after an hour.',
  ],
  byHand: [
    'Run `ssh-keygen -t ed25519 -N "" -f deploy-key` in an empty folder.',
    'On GitHub open the repository, Settings > Deploy keys > "Add deploy key". Paste the content of `deploy-key.pub`, and tick "Allow write access" only if the old key has it.',
    'Store the content of `deploy-key`, with its first and last line, in the secret, and rotate the dependents. Delete both files.',
    'When nothing uses the old key any more, choose "Delete" beside it.',
  ],
  ifAllElseFails:
    'open the repository on GitHub, Settings > Deploy keys: make a key by hand as above, and delete the old one there.',
  sources: [
    {
      says: 'POST, GET and DELETE of deploy keys; a key has a title, and is read-only or not; `administration: write`',
      url: 'https://docs.github.com/rest/deploy-keys/deploy-keys',
      checked: '2026-11-26',
    },
    {
      says: 'the fingerprints of the keys that hosts of GitHub.com show',
      url: 'https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/githubs-ssh-key-fingerprints',
      checked: '2026-11-26',
    },
    {
      says: 'SSH on port 443 of ssh.github.com, which shows the same keys',
      url: 'https://docs.github.com/en/authentication/troubleshooting-ssh/using-ssh-over-the-https-port',
      checked: '2026-11-26',
    },
    {
      says: 'a server is asked by git-upload-pack, and begins with a line that tells its own length',
      url: 'https://git-scm.com/docs/pack-protocol',
      checked: '2026-11-26',
    },
  ],
  unconfirmed: [
    { says: 'how soon a new key is taken by SSH', setting: 'facts.settleSeconds' },
    { says: 'how soon a deleted one is refused', setting: 'facts.deathSeconds' },
    { says: 'that an Enterprise Server answers by SSH like GitHub.com', setting: 'scope.sshAddress' },
  ],
  proven: [
    { on: 'fake', date: '2026-11-26' },
    { on: 'vendor document', date: '2026-11-26' },
  ],
} as const satisfies RotatorFacts & { readonly hostKeys: readonly string[] };
