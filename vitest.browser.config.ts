import { defineConfig } from 'vitest/config';
import { countReporter } from './test/reporter.ts';

/** `npm run test:browser`: the console as people see it, in Chromium. */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.browser.ts'],
    reporters: ['default', countReporter],
    // Each file has a story and a browser of its own, which is enough for two cores.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
