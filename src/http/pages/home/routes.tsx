import { Hono } from 'hono';
import type { Access } from '../../access/access.ts';
import type { Guard } from '../guard.ts';
import type { VisitorOf } from '../visitor.ts';
import { tourCommands } from './commands.ts';
import { HomePage } from './page.tsx';
import { type TourDependencies, tourNow } from './tour.ts';

export type HomeDependencies = TourDependencies & {
  readonly visitorOf: VisitorOf;
  readonly guard: Guard;
  readonly access: Pick<Access, 'isOpen' | 'openTo'>;
  readonly publicUrl: () => string;
  readonly hasMarketplace: boolean;
  readonly version: string;
  /** One round of the scheduler's work, as `retainer tick`. */
  readonly round: () => Promise<unknown>;
};

/** `/`, and what its tour asks. */
export function homeRoutes(deps: HomeDependencies): Hono {
  const { visitorOf, access, guard, publicUrl, hasMarketplace, version, round } = deps;
  const routes = new Hono();

  routes.get('/', async (c) => {
    const visitor = await visitorOf(c);
    const needsKey = visitor?.type === 'operator' && !(await access.isOpen());
    const tour =
      visitor !== null && hasMarketplace
        ? { now: await tourNow(deps), commands: tourCommands(publicUrl(), { needsKey }), needsKey }
        : null;
    const openTo = visitor?.type === 'anyone' ? access.openTo : null;
    return c.html(<HomePage {...{ visitor, openTo, tour, hasMarketplace, version }} />);
  });

  routes.get(
    '/tour',
    guard(async (c) => c.json(await tourNow(deps), 200, { 'Cache-Control': 'no-store' })),
  );

  let underWay: Promise<unknown> | null = null;
  routes.post(
    '/tour/round',
    guard(async (c) => {
      // Who presses twice waits for the same round.
      underWay ??= round().finally(() => {
        underWay = null;
      });
      await underWay;
      return c.text('OK');
    }),
  );
  return routes;
}
