import { can, type DependentFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'kubernetes-secret',
  title: 'Key of a Kubernetes Secret',
  summary: 'One key of a Secret in a cluster; the Deployments that read it only when they start are restarted, pod by pod.',
  api: { field: 'server' },
  readClass: 'value',
  activation: 'call',
  drainSeconds: 300, // a kubelet takes a minute and a half for a volume, and old pods may take their time to end
  maximumBytes: can({ bytes: 1_000_000 }),
  lock: can(),
  leastPrivilege: [
    'In the namespace make a ServiceAccount with a Role: secrets, get and patch, with resourceNames of this one Secret; deployments of apps, get and patch, with the names to be restarted.',
    'Give it a token (a Secret of the type kubernetes.io/service-account-token, or TokenRequest) and store it as {"token": "..."} in the authority secret.',
    'The API server must be in reach of the functions: where it is in a VPC only, `subnetIds` puts them there. Most clusters sign its certificate themselves: copy `certificate-authority-data` out of the kubeconfig, or what `aws eks describe-cluster --name <name> --query cluster.certificateAuthority.data --output text` prints, to `certificateAuthorityData`.',
    'The Secret must exist already. Whatever else writes it (Helm, Argo CD, External Secrets) would write the token over: rotate it there.',
  ],
  byHand: [
    'Run `kubectl -n <namespace> patch secret <name> -p \'{"stringData":{"<key>":"..."}}\'` with the new value, or `kubectl edit`.',
    'Run `kubectl -n <namespace> rollout restart deployment <name>` for each Deployment that reads it into its environment.',
  ],
  ifAllElseFails: 'patch the Secret with the value of the AWS secret by kubectl, and restart what reads it.',
  sources: [
    {
      says: 'a merge patch leaves other keys as they are; with a resourceVersion in it, it is refused with 409 where something else is there',
      url: 'https://kubernetes.io/docs/reference/using-api/api-concepts/',
      checked: '2026-11-22',
    },
    {
      says: 'volumes follow by themselves, environment variables never; 1 MiB for a Secret; immutable ones cannot be changed',
      url: 'https://kubernetes.io/docs/concepts/configuration/secret/',
      checked: '2026-11-22',
    },
    {
      says: 'a changed pod template is rolled out; observedGeneration, updatedReplicas, availableReplicas; ProgressDeadlineExceeded',
      url: 'https://kubernetes.io/docs/concepts/workloads/controllers/deployment/',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [
    {
      says: 'how long a kubelet takes to change a volume, and old pods to end: taken to be five minutes together',
      setting: 'overlapHours',
    },
    {
      says: 'that owners, and the marks of Helm and Argo CD, are all that tells of somebody else who writes the Secret',
      setting: 'target.secret',
    },
  ],
  proven: [
    { on: 'fake', date: '2026-11-25' },
    { on: 'vendor document', date: '2026-11-25' },
  ],
} as const satisfies DependentFacts;
