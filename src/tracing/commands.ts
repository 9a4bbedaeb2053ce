import { context, type Tracer } from '@opentelemetry/api';
import type { Commands } from '../commands/commands.ts';
import { inSpan } from './span.ts';

/** The same commands, each in a span of its own that says whether it was refused. */
export const tracedCommands = (commands: Commands, tracer: Tracer): Commands =>
  new Proxy(commands, {
    get(target, name, receiver) {
      const command: unknown = Reflect.get(target, name, receiver);
      if (typeof command !== 'function') return command;
      return (...given: readonly unknown[]) =>
        inSpan(tracer, `command ${String(name)}`, { parent: context.active() }, async (span) => {
          const result: unknown = await command(...given);
          const refusal = refusalOf(result);
          if (refusal !== undefined) span.setAttribute('retainer.refused', refusal);
          return result;
        });
    },
  });

const refusalOf = (result: unknown): string | undefined =>
  typeof result === 'object' && result !== null && 'refusal' in result && hasKind(result.refusal)
    ? result.refusal.kind
    : undefined;

const hasKind = (refusal: unknown): refusal is { kind: string } =>
  typeof refusal === 'object' && refusal !== null && 'kind' in refusal && typeof refusal.kind === 'string';
