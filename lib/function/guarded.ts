import { asRotationError } from '../engine/errors.ts';
import type { FunctionContext } from './ports.ts';

/**
 * A handler whose errors are safe to be logged and shown, as Lambda does with all of them: named by their code, one sentence and what to do
 * next. Whatever else is thrown loses its message, which could hold a value.
 */
export function guarded<Result>(
  where: string,
  handle: (event: unknown, context: FunctionContext) => Promise<Result>,
): (event: unknown, context: FunctionContext) => Promise<Result> {
  return async (event, context) => {
    try {
      return await handle(event, context);
    } catch (problem) {
      const error = asRotationError(problem, where);
      const shown = new Error(`${error.message}. ${error.fix}`);
      shown.name = error.code;
      shown.stack = `${error.code}: ${shown.message}`;
      if (error.code === 'internal' && error.stack !== undefined) shown.stack = error.stack;
      throw shown;
    }
  };
}
