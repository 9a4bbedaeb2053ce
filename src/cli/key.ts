import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { openCore } from '../core.ts';
import { A_BROUGHT_KEY, BroughtKey, Label, Scope } from '../domain/apiKey.ts';
import { ApiKeyId, ProtoHitId } from '../domain/ids.ts';
import { dollars } from '../domain/money.ts';
import type { CliCommand } from '../main.ts';
import type { Database } from '../postgres/pool.ts';
import { listApiKeys } from '../projections/apiKeys.ts';
import { idOfNumber, readNumber } from '../projections/numbers.ts';
import { findProtoHit, findProtoHitByHitType } from '../projections/protoHits.ts';
import { startQuietLog } from './log.ts';
import { settingsOrExit } from './settings.ts';

const USAGE = `retainer key issue [--label TEXT] [--scope SCOPES] [--proto-hit ID] [--budget DOLLARS] [--key-from-stdin]
                                    issue an API key; it is shown this once
retainer key list                   every key ever issued, without the keys themselves
retainer key revoke ID              a key opens nothing from now on

Scopes: commands (change something), read (ask how things stand), audit (read the log), admin (all of it); without
--scope the first three. --proto-hit, an id or a hit_type_id, limits a key to what concerns that ProtoHIT.
--budget is what the key may commit a day, in US dollars, by reservations and bonuses for real HITs; without it, as much
as DAILY_BUDGET leaves.
--key-from-stdin takes a key that clients have already, a line of ${A_BROUGHT_KEY}, for clients that
cannot be changed. One of this service's own is harder to guess.

As long as no key was ever issued the API is open to whoever can reach it. From the first key on, every
application path needs a live one: as parameter apiKey, as 'Authorization: Bearer KEY', or as 'X-Api-Key: KEY'.
`;

export const key: CliCommand = {
  usage: USAGE,
  takesWords: true,
  options: {
    label: { type: 'string' },
    scope: { type: 'string' },
    'proto-hit': { type: 'string' },
    budget: { type: 'string' },
    'key-from-stdin': { type: 'boolean' },
  },
  run: async ({ positionals: [action, id, ...more], values }) => {
    if (!['issue', 'list', 'revoke'].includes(action ?? '') || more.length > 0) {
      process.stderr.write(USAGE);
      return 2;
    }
    if (id !== undefined && action !== 'revoke') {
      process.stderr.write(`retainer key ${action}: what is "${id}" for?\n\n${USAGE}`);
      return 2;
    }
    const label = Label.safeParse(values['label'] ?? '');
    if (!label.success) {
      process.stderr.write('retainer key issue: --label must be a text of at most 255 characters\n');
      return 2;
    }
    const budget = budgetIn(values['budget']);
    if (budget === null) {
      process.stderr.write(
        `retainer key issue: --budget must be US dollars a day, as 25 or 2.50, got "${String(values['budget'])}"\n`,
      );
      return 2;
    }
    const apiKeyId = ApiKeyId.safeParse(id);
    if (action === 'revoke' && !apiKeyId.success) {
      process.stderr.write(`retainer key revoke: "${id ?? ''}" is no key's id; 'retainer key list' prints them\n`);
      return 2;
    }
    const scopes = scopesIn(values['scope']);
    if (scopes === null) {
      process.stderr.write(
        `retainer key issue: --scope must be some of ${Scope.options.join(',')}, got "${String(values['scope'])}"\n`,
      );
      return 2;
    }
    const brought = values['key-from-stdin'] === true ? BroughtKey.safeParse((await text(process.stdin)).trim()) : null;
    if (brought?.success === false) {
      process.stderr.write(`retainer key issue: the key from standard input must be ${A_BROUGHT_KEY}\n`);
      return 2;
    }
    const settings = settingsOrExit();
    const core = await openCore(settings, startQuietLog(settings), { onlyExisting: action !== 'issue' });
    const context = { actor: `operator:${userInfo().username}`, requestId: randomUUID() } as const;
    try {
      if (action === 'issue') {
        const protoHit = await protoHitNamed(core.db, values['proto-hit']);
        if (protoHit === 'unknown') {
          process.stderr.write(`retainer key issue: there is no ProtoHIT "${String(values['proto-hit'])}"\n`);
          return 2;
        }
        const result = await core.commands.issueApiKey(context, {
          label: label.data,
          scopes,
          protoHitId: protoHit,
          dailyBudgetCents: budget.cents,
          key: brought?.data,
        });
        if (result.type === 'refused') throw new Error(result.refusal.message);
        process.stdout.write(`id   ${result.value.apiKeyId}\n`);
        if (brought === null) process.stdout.write(`key  ${result.value.key}\n`);
        process.stdout.write(
          `${brought === null ? 'Keep the key now: only' : 'Only'} its hash is stored. From here on the API answers to keys alone.\n`,
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
      for (const { apiKeyId, label, scopes, protoHitId, dailyBudgetCents, issuedAt, revokedAt } of keys) {
        const state = revokedAt === null ? 'live' : `revoked ${new Date(revokedAt).toISOString()}`;
        const limit = dailyBudgetCents === null ? '' : ` up to ${dollars(dailyBudgetCents)} a day`;
        const opens = `${scopes.join(',')}${protoHitId === null ? '' : ` of ProtoHIT ${protoHitId}`}${limit}`;
        process.stdout.write(`${apiKeyId}  issued ${new Date(issuedAt).toISOString()}  ${state}  ${opens}  ${label}\n`);
      }
      if (keys.length === 0) process.stdout.write('no key was ever issued: the API is open\n');
      return 0;
    } finally {
      await core.close();
    }
  },
};

/** Dollars as cents; null if they are none. */
function budgetIn(written: unknown): { cents: number | undefined } | null {
  if (written === undefined) return { cents: undefined };
  const cents = /^\d{1,7}(\.\d{1,2})?$/.test(String(written)) ? Math.round(Number(written) * 100) : null;
  return cents === null ? null : { cents };
}

/** Without the option: all that an application and its auditor need. */
function scopesIn(written: unknown): Scope[] | null {
  if (written === undefined) return ['commands', 'read', 'audit'];
  const parsed = z
    .array(Scope)
    .min(1)
    .safeParse(
      String(written)
        .split(',')
        .map((one) => one.trim()),
    );
  return parsed.success ? [...new Set(parsed.data)] : null;
}

/** By its id or its hit_type_id; null: every ProtoHIT. */
async function protoHitNamed(db: Database, written: unknown): Promise<ProtoHitId | null | 'unknown'> {
  if (typeof written !== 'string') return null;
  const number = readNumber(written);
  const id = ProtoHitId.safeParse(number === null ? written : await idOfNumber(db, 'protoHit', number));
  const found =
    (id.success ? await findProtoHit(db, id.data) : undefined) ?? (await findProtoHitByHitType(db, written));
  return found?.protoHitId ?? 'unknown';
}
