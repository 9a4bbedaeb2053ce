import { readEnvFile } from '../config/env.ts';
import { readSettings } from '../config/read.ts';
import type { Settings } from '../config/settings.ts';

/** The settings of the environment, over those of the file `.env`, or an error that lists all that is wrong with them. */
export const settingsOrExit = (): Settings => {
  const result = readSettings({ ...readEnvFile(), ...process.env });
  if (result.type === 'invalid') throw new Error(`the settings are not right:\n${result.problems.join('\n')}`);
  return result.settings;
};
