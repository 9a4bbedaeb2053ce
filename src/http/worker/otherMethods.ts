import type { Context, Hono } from 'hono';
import type { BlankInput } from 'hono/types';

const HELD = 'GET, HEAD';
const PINGED = 'GET, HEAD, POST';

/** The workers' paths that pages call, with the methods that they answer. */
const METHODS: Readonly<Record<string, string>> = {
  '/gettask/assignment/:assignment_id': HELD,
  '/wait/assignment/:assignment_id': HELD,
  '/ping/worker/:worker_id/assignment/:assignment_id/hit/:hit_id/event/:ping_type': PINGED,
};

/**
 * Handles what no other route of these paths does: a method that is not theirs, and an address below them that means
 * nothing. Pages on other origins can read both. To be registered last.
 */
export function answerOtherMethods<Env extends object>(
  routes: Hono<Env>,
  refuse: (c: Context<Env, string, BlankInput>, status: 404 | 405, message: string, headers?: object) => Response,
): void {
  for (const [path, allowed] of Object.entries(METHODS))
    routes.all(path, (c) => refuse(c, 405, `${c.req.method} is not allowed here; ${allowed} are`, { Allow: allowed }));
  for (const path of ['/gettask/*', '/wait/*', '/ping/*'])
    routes.all(path, (c) => {
      const isEmpty = /\/\/|\/assignment\/?$/.test(c.req.path) ? 'an id is empty, or ' : '';
      return refuse(c, 404, `${isEmpty}there is no such path; there is ${Object.keys(METHODS).join(', ')}`);
    });
}
