import { hostname } from 'node:os';
import { given, type Variables } from './env.ts';
import { type Parsed, SETTINGS, type Setting, type Settings } from './settings.ts';
import { expects } from './values.ts';

export type SettingsResult =
  | { readonly type: 'valid'; readonly settings: Settings }
  | { readonly type: 'invalid'; readonly problems: readonly string[] };

/** Reads every setting; all that is wrong is reported together, each by name, with what would be right. */
export function readSettings(variables: Variables): SettingsResult {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, { variable, schema, fallback, secret }] of Object.entries<Setting>(SETTINGS)) {
    const written = given(variables, variable) ?? fallback;
    if (written === undefined) continue;
    const parsed = schema.safeParse(written);
    if (parsed.success) values[name] = parsed.data;
    else problems.push(`  ${variable} must be ${expects(schema)}, got "${secret ? '(hidden)' : written}"`);
  }
  if (values['mturkEndpoint'] !== undefined && values['mturk'] === 'simulated')
    problems.push(
      '  MTURK_ENDPOINT is where to recruit with MTURK=aws, but MTURK is simulated: set MTURK=aws, or leave it out',
    );
  if (problems.length > 0) return { type: 'invalid', problems };
  const parsed = values as Parsed;
  const publicUrl = (parsed.publicUrl ?? `http://${urlHost(parsed.host)}:${parsed.port}`).replace(/\/+$/, '');
  const nodeName = parsed.nodeName ?? `${hostname()}-${process.pid}`;
  return { type: 'valid', settings: { ...parsed, publicUrl, nodeName } };
}

const urlHost = (host: string): string => (host.includes(':') ? `[${host}]` : host === '0.0.0.0' ? '127.0.0.1' : host);
