import { given, type Variables } from './env.ts';
import { SETTINGS, type Setting, type Settings } from './settings.ts';
import { shownUrl } from './shownUrl.ts';

/** Where settings may come from: the environment, and what the file `.env` says. */
export type Origins = { readonly environment: Variables; readonly file: Variables };

/** Each setting in effect, as anybody may see it: where its value comes from, and what it is for. */
export const shownSettings = (
  settings: Settings,
  origins: Origins,
): readonly { variable: string; value: string; origin: string; about: string }[] =>
  Object.entries<Setting>(SETTINGS).map(([name, { variable, about, secret }]) => {
    const value = settings[name as keyof Settings];
    const shown = value === undefined ? '' : secret ? shownUrl(String(value)) : String(value);
    const origin = originOf(variable, origins) ?? (value === undefined ? 'not set' : 'default');
    return { variable, value: shown, origin, about };
  });

/** What `retainer config` prints. */
export const describeSettings = (settings: Settings, origins: Origins): string =>
  shownSettings(settings, origins)
    .map(({ variable, value, origin, about }) => `# ${about} (${origin})\n${variable}=${value}\n`)
    .join('\n');

function originOf(variable: string, { environment, file }: Origins): string | null {
  if (given({ ...file, ...environment }, variable) === undefined) return null;
  return environment[variable] === undefined ? 'from .env' : 'from the environment';
}
