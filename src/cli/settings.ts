import { readSettings, type Settings, withEnvFile } from '../config.ts';

/** The settings, or an error that lists all that is wrong with them. */
export const settingsOrExit = (): Settings => {
  const result = readSettings(withEnvFile(process.env));
  if (result.type === 'invalid') throw new Error(`the settings are not right:\n${result.problems.join('\n')}`);
  return result.settings;
};
