import type { Marketplace, Outcome } from './port.ts';

/** How a call went; `fault` is the marketplace's error code, and `message` what it said with it. */
export type MeasuredCall = {
  readonly call: string;
  readonly outcome: 'done' | 'passing' | 'final';
  readonly seconds: number;
  readonly fault?: string;
  readonly message?: string;
};

/** The same marketplace, each call measured. A listing is a call for each of its pages. */
export function measuredMarketplace(marketplace: Marketplace, called: (call: MeasuredCall) => void): Marketplace {
  const note = (call: string, started: number, outcome: Outcome<unknown>): void => {
    const seconds = (performance.now() - started) / 1000;
    if (outcome.type === 'done') called({ call, outcome: 'done', seconds });
    else called({ call, outcome: outcome.lasting, seconds, fault: outcome.code, message: outcome.message });
  };
  const measured =
    <Given extends readonly unknown[], Value>(call: string, work: (...given: Given) => Promise<Outcome<Value>>) =>
    async (...given: Given): Promise<Outcome<Value>> => {
      const started = performance.now();
      const outcome = await work(...given);
      note(call, started, outcome);
      return outcome;
    };
  return {
    name: marketplace.name,
    postHit: measured('postHit', marketplace.postHit),
    expireHit: measured('expireHit', marketplace.expireHit),
    disposeHit: measured('disposeHit', marketplace.disposeHit),
    listHits: async function* () {
      let started = performance.now();
      for await (const page of marketplace.listHits()) {
        note('listHits', started, page);
        yield page;
        started = performance.now();
      }
    },
    listAssignments: measured('listAssignments', marketplace.listAssignments),
    approve: measured('approve', marketplace.approve),
    reject: measured('reject', marketplace.reject),
    bonus: measured('bonus', marketplace.bonus),
    block: measured('block', marketplace.block),
    unblock: measured('unblock', marketplace.unblock),
    notify: measured('notify', marketplace.notify),
    balance: measured('balance', marketplace.balance),
  };
}
