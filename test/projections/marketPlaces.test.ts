import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { placesAwaited, placesOpen } from '../../src/domain/recruiting.ts';
import { marketNow, placesOnMarketFor } from '../../src/projections/marketPlaces.ts';
import { ids, STARTED_AT } from '../support/events.ts';
import { freshReadModels, type ReadModels } from '../support/readModels.ts';

let models: ReadModels;
beforeAll(async () => {
  models = await freshReadModels();
});
afterAll(() => models.database.drop());

const few = fc.integer({ min: 0, max: 6 });
const anyHit = fc
  .record({ maxAssignments: fc.integer({ min: 1, max: 6 }), arrivals: few, listed: fc.option(fc.tuple(few, few)) })
  .map(({ listed, ...hit }) => ({
    ...hit,
    listedAvailable: listed === null ? null : Math.min(listed[0], hit.maxAssignments),
    listedArrivals: listed === null ? null : Math.min(listed[1], hit.arrivals),
    listedAt: listed === null ? null : STARTED_AT,
  }));

test('places are counted in tables as recruiting counts them', () =>
  fc.assert(
    fc.asyncProperty(fc.array(anyHit, { minLength: 1, maxLength: 8 }), async (hits) => {
      await models.db.query('truncate hits');
      for (const [n, { maxAssignments, arrivals, listedAvailable, listedArrivals, listedAt }] of hits.entries())
        await models.db.query(
          `insert into hits (hit_id, proto_hit_id, recruited_for, phase, token, fields, sandbox, max_assignments,
                             requested_at, posted_at, expires_at, expire_when_posted, arrivals, listed_available,
                             listed_arrivals, listed_at)
           values ($1, $2, $3, $4, $1, '{}', true, $5, 0, 0, $6, false, $7, $8, $9, $10)`,
          [
            ...[ids.hit(n), ids.protoHit(1), ids.reservation(1), n % 3 === 2 ? 'expiring' : 'posted', maxAssignments],
            ...[STARTED_AT + 1, arrivals, listedAvailable, listedArrivals, listedAt],
          ],
        );
      const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
      const open = sum(hits.map(placesOpen));
      const places = await placesOnMarketFor(models.db, { now: STARTED_AT, reservationIds: [ids.reservation(1)] });
      expect(places.get(ids.reservation(1))).toEqual({ open, awaited: sum(hits.map(placesAwaited)) });
      const taken = sum(hits.map(({ maxAssignments }) => maxAssignments)) - open;
      expect(await marketNow(models.db, { now: STARTED_AT })).toEqual({ placesOpen: open, placesTaken: taken });
      expect(await marketNow(models.db, { now: STARTED_AT + 1 })).toEqual({ placesOpen: 0, placesTaken: 0 });
    }),
    { numRuns: 40 },
  ));
