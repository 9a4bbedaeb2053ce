import { lendToLibraries, readEnvText } from '../config/env.ts';
import { envDoubts } from '../config/envDoubts.ts';
import { parseEnvText } from '../config/envLines.ts';
import { readSettings } from '../config/read.ts';
import type { Settings } from '../config/settings.ts';

/**
 * The settings of the environment, over those of the file `.env`, or an error that lists all that is wrong with them.
 * Says on standard error what in the file is probably a mistake.
 */
export function settingsOrExit(): Settings {
  const text = readEnvText();
  for (const doubt of envDoubts(text)) process.stderr.write(`retainer: ${doubt}\n`);
  const file = parseEnvText(text);
  const result = readSettings({ ...file, ...process.env });
  if (result.type === 'invalid') throw new Error(`the settings are not right:\n${result.problems.join('\n')}`);
  lendToLibraries(file, process.env);
  return result.settings;
}
