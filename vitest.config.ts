import { defineConfig } from 'vitest/config';
import { countReporter } from './test/reporter.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', countReporter],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
