import { FaultKind, type FaultRule, type FaultRules } from '../faults.ts';
import { FAULT_WORDS } from '../faultWords.ts';
import type { Steward } from '../guard.ts';
import { operations } from '../operations/all.ts';
import { Csrf } from './layout.tsx';
import { counted } from './words.ts';

/** What goes wrong now, and a form to add to it. */
export const FaultRulesSection = ({ inForce, visitor }: { inForce: FaultRules | null; visitor: Steward }) => (
  <section aria-labelledby="faults-title">
    <h2 id="faults-title">Faults</h2>
    {inForce === null ? (
      <p class="quiet">
        This service does not let faults be injected. To allow it, set <code>FAULT_INJECTION=true</code> (in the
        environment or in <code>.env</code>) and start it again. Never where people rely on it.
      </p>
    ) : (
      <>
        <p class="quiet">
          They befall the requester’s side, which is this retainer server: what it asks of the marketplace then fails.
          Users of a real marketplace have reported every one of them.
        </p>
        {inForce.rules.length === 0 ? (
          <p id="noFaults">Nothing goes wrong on purpose now.</p>
        ) : (
          <ol class="rules">
            {inForce.rules.map((rule, place) => (
              <li class="panel">
                <div>
                  <strong>{FAULT_WORDS[rule.kind].name}</strong> <span>{whenOf(rule)}</span>
                  <p class="quiet small">{FAULT_WORDS[rule.kind].about}</p>
                </div>
                <form method="post" action="/marketplace/rehearsal/faults/remove">
                  <Csrf visitor={visitor} />
                  <input type="hidden" name="version" value={inForce.version} />
                  <input type="hidden" name="place" value={place} />
                  <button type="submit">
                    Remove<span class="visually-hidden"> “{FAULT_WORDS[rule.kind].name}”</span>
                  </button>
                </form>
              </li>
            ))}
          </ol>
        )}
        <FaultForm visitor={visitor} />
      </>
    )}
  </section>
);

const FaultForm = ({ visitor }: { visitor: Steward }) => (
  <form method="post" action="/marketplace/rehearsal/faults" class="panel fault">
    <Csrf visitor={visitor} />
    <h3>Let something go wrong</h3>
    <fieldset class="kinds">
      <legend>What</legend>
      {FaultKind.options.map((kind, n) => (
        <label>
          <input type="radio" name="kind" value={kind} checked={n === 0} required />
          <span>
            {FAULT_WORDS[kind].name}
            <span class="hint">{FAULT_WORDS[kind].about}</span>
          </span>
        </label>
      ))}
    </fieldset>
    <div class="row end">
      <label>
        To which calls
        <select name="operation">
          <option value="*">every call</option>
          {Object.keys(operations)
            .toSorted()
            .map((name) => (
              <option value={name}>{name}</option>
            ))}
        </select>
      </label>
      <label>
        To how many of 100
        <input name="percent" type="number" min="1" max="100" step="1" value="100" required />
      </label>
      <label>
        First let through
        <input name="after" type="number" min="0" max="1000000" step="1" value="0" required />
      </label>
      <label>
        At most how often
        <input name="times" type="number" min="1" max="1000000" step="1" placeholder="for ever" />
      </label>
      <button class="main" type="submit">
        Add
      </button>
    </div>
  </form>
);

function whenOf({ operation, probability, after, times }: FaultRule): string {
  const calls = operation === '*' ? 'every call' : operation;
  const often = probability === 1 ? calls : `${Math.round(probability * 100)} of 100 of ${calls}`;
  return [
    `on ${often}`,
    ...(after > 0 ? [`after the first ${after}`] : []),
    ...(times === undefined ? [] : [`${counted(times, 'time')} at most`]),
  ].join(', ');
}
