import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { openCore } from '../core.ts';
import { ApiKeyId } from '../domain/ids.ts';
import type { CliCommand } from '../main.ts';
import { listApiKeys } from '../projections/apiKeys.ts';
import { startLog } from './log.ts';
import { settingsOrExit } from './settings.ts';

const USAGE = `retainer key issue [--label TEXT]   issue an API key; it is shown this once
retainer key list                   every key ever issued, without the keys themselves
retainer key revoke ID              a key opens nothing from now on

As long as no key was ever issued the API is open to whoever can reach it. From the first key on, every
application path needs a live one: as parameter apiKey, as 'Authorization: Bearer KEY', or as 'X-Api-Key: KEY'.
`;

export const key: CliCommand = {
  usage: USAGE,
  options: { label: { type: 'string' } },
  run: async ({ positionals: [action, id, ...more], values }) => {
    if (!['issue', 'list', 'revoke'].includes(action ?? '') || more.length > 0) {
      process.stderr.write(USAGE);
      return 2;
    }
    const apiKeyId = ApiKeyId.safeParse(id);
    if (action === 'revoke' && !apiKeyId.success) {
      process.stderr.write(`retainer key revoke: "${id ?? ''}" is no key's id; 'retainer key list' prints them\n`);
      return 2;
    }
    const settings = settingsOrExit();
    const core = await openCore(settings, startLog(settings));
    const context = { actor: `operator:${userInfo().username}`, requestId: randomUUID() } as const;
    try {
      if (action === 'issue') {
        const label = typeof values['label'] === 'string' ? values['label'] : '';
        const result = await core.commands.issueApiKey(context, { label });
        if (result.type === 'refused') throw new Error(result.refusal.message);
        process.stdout.write(`id   ${result.value.apiKeyId}\nkey  ${result.value.key}\n`);
        process.stdout.write(
          'Keep the key now: only its hash is stored. From here on the API answers to keys alone.\n',
        );
        return 0;
      }
      if (action === 'revoke' && apiKeyId.success) {
        const result = await core.commands.revokeApiKey(context, { apiKeyId: apiKeyId.data });
        if (result.type === 'refused') throw new Error(result.refusal.message);
        process.stdout.write('revoked\n');
        return 0;
      }
      const keys = await listApiKeys(core.db);
      for (const { apiKeyId, label, issuedAt, revokedAt } of keys) {
        const state = revokedAt === null ? 'live' : `revoked ${new Date(revokedAt).toISOString()}`;
        process.stdout.write(`${apiKeyId}  issued ${new Date(issuedAt).toISOString()}  ${state}  ${label}\n`);
      }
      if (keys.length === 0) process.stdout.write('no key was ever issued: the API is open\n');
      return 0;
    } finally {
      await core.close();
    }
  },
};
