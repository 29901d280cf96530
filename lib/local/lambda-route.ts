import type { RestRoute } from './aws-endpoint.ts';
import { AwsError } from './aws-error.ts';
import type { FunctionHost } from './functions.ts';

/** Lambda's Invoke: waited for, or taken at once and run behind the answer. */
export function invokeRoute(host: FunctionHost): RestRoute {
  return {
    service: 'lambda',
    operation: 'Invoke',
    method: 'POST',
    path: /^\/2015-03-31\/functions\/([^/]+)\/invocations$/,
    async handle({ parts, body, info }) {
      const name = decodeURIComponent(parts[0] ?? '');
      if (!host.exists(name)) throw new AwsError('ResourceNotFoundException', `Function not found: ${name}`, 404);
      const event = parse(body);
      if (info.headers['x-amz-invocation-type'] === 'Event') {
        void host.invoke(name, event);
        return { status: 202 };
      }
      const result = await host.invoke(name, event);
      if (result.ok) return { status: 200, body: JSON.stringify(result.payload) };
      const { errorType, errorMessage } = result;
      return { status: 200, headers: { 'x-amz-function-error': 'Unhandled' }, body: JSON.stringify({ errorType, errorMessage }) };
    },
  };
}

function parse(body: Buffer): unknown {
  try {
    return body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
  } catch {
    throw new AwsError('InvalidRequestContentException', 'Could not parse request body into json.', 400);
  }
}
