import { readEnvFile } from '../config/env.ts';
import { describeSettings } from '../config/shown.ts';
import type { CliCommand } from '../main.ts';
import { settingsOrExit } from './settings.ts';

export const config: CliCommand = {
  usage: `retainer config

Prints the settings in effect, in the form of a .env file: each one's value, where it comes from, and what it is
for. Secrets are hidden.
`,
  options: {},
  run: async () => {
    process.stdout.write(describeSettings(settingsOrExit(), { environment: process.env, file: readEnvFile() }));
    return 0;
  },
};
