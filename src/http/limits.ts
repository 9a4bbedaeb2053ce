import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { problem, send } from './answers.ts';

/** Bodies are read whole, so they are bounded. Headers are bounded by Node (16 KB, answered 431). */
export const limitBody = (bytes: number): MiddlewareHandler =>
  bodyLimit({
    maxSize: bytes,
    onError: (c) => send(c, problem(413, `the body is larger than ${bytes} bytes`)),
  });
