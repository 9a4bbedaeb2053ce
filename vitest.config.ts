import { defineConfig } from 'vitest/config';

// Nothing here is a bound on how fast something is: a pass never waits this long, on however slow a machine.
const patient = { pool: 'forks', testTimeout: 180_000, hookTimeout: 180_000, teardownTimeout: 60_000 } as const;
const morePatient = { ...patient, testTimeout: 300_000, hookTimeout: 300_000 } as const;
const expectation = { poll: { timeout: 150_000, interval: 20 } } as const;

const FAULTS = 'test/faults/**/*.test.ts';
const BROWSER = 'test/browser/**/*.test.ts';

export default defineConfig({
  test: {
    globalSetup: ['test/support/globalSetup.ts'],
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'service',
          ...patient,
          expect: expectation,
          include: ['test/**/*.test.ts'],
          exclude: [FAULTS, BROWSER],
        },
      },
      { test: { name: 'browser', ...morePatient, expect: expectation, include: [BROWSER] } },
      // Servers that are killed and started again: after everything else, which they would only slow down.
      {
        test: { name: 'faults', ...morePatient, expect: expectation, include: [FAULTS], sequence: { groupOrder: 1 } },
      },
    ],
  },
});
