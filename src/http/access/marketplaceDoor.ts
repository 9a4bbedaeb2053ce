import type { Context as HonoContext } from 'hono';
import type { VisitorOf } from '../pages/visitor.ts';
import type { Origins } from './origins.ts';

const CONTROL = /^\/marketplace\/control(\/|$)/;

/**
 * Who may use the built-in marketplace. Its workers are whoever they say they are: where others than this machine reach
 * it, operators alone rehearse there, unless the settings let everybody. What drives it (clock, faults, reset) is for
 * operators, or for anybody while the service is open, and never for a page of another site.
 */
export const createMarketplaceDoor =
  ({
    visitorOf,
    origins,
    isForOperatorsAlone,
  }: {
    visitorOf: VisitorOf;
    origins: Pick<Origins, 'isFromOurPages'>;
    isForOperatorsAlone: boolean;
  }) =>
  async (c: HonoContext): Promise<Response | null> => {
    const drives = CONTROL.test(c.req.path);
    if (!drives && !isForOperatorsAlone) return null;
    if (drives && !origins.isFromOurPages(c)) return c.text('A page of another site asked for this.', 403);
    if ((await visitorOf(c)) !== null) return null;
    return c.text(
      drives
        ? 'Sign in: what drives the marketplace is for operators.'
        : 'This marketplace is for rehearsing: sign in as an operator, or set MARKETPLACE_PUBLIC=true.',
      401,
    );
  };
