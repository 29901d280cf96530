import picocolors from 'picocolors';
import type { Problem } from './problem.ts';

/**
 * Problems for a terminal: place and sentence, the line with a caret, and what to write instead; a count at the end. Nothing in it obeys
 * to what stands in the files. Empty where there are none.
 */
export function formatProblems(problems: readonly Problem[], { colour }: { readonly colour: boolean }): string {
  if (problems.length === 0) return '';
  const paint = picocolors.createColors(colour);
  const blocks = problems.map(({ file, line, column, severity, message, fix, excerpt }) => {
    const shade = severity === 'error' ? paint.red : paint.yellow;
    const margin = ' '.repeat(String(line).length);
    const shown = excerpt && [
      `  ${paint.dim(`${line} |`)} ${excerpt.text}`,
      `  ${paint.dim(`${margin} |`)} ${' '.repeat(excerpt.column)}${shade('^')}`,
    ];
    return [
      `${paint.bold(`${file}:${line}:${column}`)} ${shade(severity)}: ${message}`,
      ...(shown ?? []),
      `  ${paint.green('fix:')} ${fix}`,
    ].join('\n');
  });
  return `${[...blocks, summary(problems)].join('\n\n')}\n`;
}

function summary(problems: readonly Problem[]): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.length - errors;
  const files = new Set(problems.map(({ file }) => file)).size;
  const counts = [errors > 0 ? count(errors, 'error') : '', warnings > 0 ? count(warnings, 'warning') : ''].filter(
    (each) => each !== '',
  );
  return `${counts.join(' and ')} in ${count(files, 'file')}.`;
}

function count(number: number, unit: string): string {
  return `${number} ${unit}${number === 1 ? '' : 's'}`;
}
