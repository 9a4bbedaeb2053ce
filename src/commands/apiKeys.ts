import { createHash, randomBytes } from 'node:crypto';
import { issue, revoke, type Scope } from '../domain/apiKey.ts';
import { refuse } from '../domain/decision.ts';
import { streamOf } from '../domain/event.ts';
import { ApiKeyId, type ProtoHitId } from '../domain/ids.ts';
import { apiKeys } from './aggregates.ts';
import { type CommandResult, type Context, type Dependencies, settled } from './context.ts';
import { handleOne, nothingToTell } from './handle.ts';
import { idFor } from './ids.ts';

/**
 * How a key is kept. A key is 256 random bits, so a plain SHA-256 cannot be searched backwards and needs no
 * slow hash (OWASP Cryptographic Storage, "high-entropy secrets").
 */
export const hashOfKey = (key: string): Buffer => createHash('sha256').update(key).digest();

/** Issues and revokes the keys of applications. `retainer.api_key_secrets` alone decides who may enter. */
export const apiKeyCommands = (deps: Dependencies) => ({
  /** Answers with the key itself, for the only time: what is kept is its hash. */
  issueApiKey: async (
    context: Context,
    {
      label,
      scopes = ['commands', 'read', 'audit'],
      protoHitId = null,
      dailyBudgetCents,
      key = `rk_${randomBytes(32).toString('base64url')}`,
    }: {
      label: string;
      scopes?: Scope[];
      protoHitId?: ProtoHitId | null;
      /** US cents that it may commit a day; as much as the installation unless given. */
      dailyBudgetCents?: number | undefined;
      /** One that clients have already; a new one unless given. */
      key?: string | undefined;
    },
  ): Promise<CommandResult<{ apiKeyId: ApiKeyId; key: string }>> => {
    const { rows: known } = await deps.db.query('select from retainer.api_key_secrets where hash = $1', [
      hashOfKey(key),
    ]);
    if (known.length > 0) return refuse('conflict', 'this key was issued before: a key is issued once');
    const apiKeyId = ApiKeyId.parse(idFor(context, 'apiKey'));
    const result = await handleOne(
      deps,
      context,
      apiKeys,
      streamOf.apiKey(apiKeyId),
      (state, at) => issue(state, { apiKeyId, label, scopes, protoHitId, dailyBudgetCents, at }),
      () => ({ apiKeyId, key }),
    );
    // After the event: a crash in between leaves a key that opens nothing, never one that nobody issued.
    if (result.type === 'done') {
      await deps.db.query(
        `insert into retainer.api_key_secrets (api_key_id, label, hash, issued_at, scopes, proto_hit_id, daily_budget_cents)
         values ($1, $2, $3, to_timestamp($4 / 1000.0), $5, $6, $7)`,
        [apiKeyId, label, hashOfKey(key), deps.clock(), scopes, protoHitId, dailyBudgetCents ?? null],
      );
    }
    return settled(deps, result);
  },

  revokeApiKey: async (context: Context, { apiKeyId }: { apiKeyId: ApiKeyId }): Promise<CommandResult<null>> => {
    // Before the event: once the operator sees "revoked", no node lets the key in.
    await deps.db.query(
      `update retainer.api_key_secrets set revoked_at = to_timestamp($2 / 1000.0)
       where api_key_id = $1 and revoked_at is null`,
      [apiKeyId, deps.clock()],
    );
    return settled(
      deps,
      await handleOne(
        deps,
        context,
        apiKeys,
        streamOf.apiKey(apiKeyId),
        (state, at) => revoke(state, { at }),
        nothingToTell,
      ),
    );
  },
});
