import type { Hono } from 'hono';
import type { Env } from './endpoint.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** The methods that have a route of their own at a path, for `Allow`; HEAD is answered wherever GET is. */
export const methodsAt = (app: Pick<Hono<Env>, 'router'>, path: string): readonly string[] =>
  METHODS.filter((method) => app.router.match(method, path)[0].some(([[, route]]) => route.method === method)).flatMap(
    (method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]),
  );
