import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with one line that a machine can read. A file that could not be loaded counts as a failure. */
export const countReporter: Reporter = {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors) {
    const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
    const broken = modules.filter((module) => module.errors().length > 0).length;
    const passed = states.filter((state) => state === 'passed').length;
    const failed = states.filter((state) => state === 'failed').length + broken + unhandledErrors.length;
    process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  },
};
