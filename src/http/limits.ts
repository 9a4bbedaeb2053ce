import type { Context as HonoContext, MiddlewareHandler } from 'hono';
import { problem, send } from './answers.ts';

/** What is thrown away of a body that is too large, so that its sender gets to read the answer. */
const MOST_DISCARDED = 64 * 1024 * 1024;

/**
 * Bodies are read whole, so they are bounded; headers are bounded by Node (16 KB, answered 431). A body that says how
 * long it is is judged by that, for Node reads no more. One that does not is read to its end before it is refused:
 * hono/body-limit answers at once, and the server then cuts the connection under the client's next request.
 */
export const limitBody = (limit: number): MiddlewareHandler => {
  const tooLarge = (c: HonoContext, headers: Record<string, string> = {}): Response =>
    send(c, problem(413, `the body is larger than ${limit} bytes`, { headers }));

  return async function limitBody(c, next) {
    const announced = c.req.header('content-length');
    if (announced !== undefined) return Number(announced) > limit ? tooLarge(c) : next();
    if (c.req.method === 'GET' || c.req.method === 'HEAD' || c.req.raw.body === null) return next();

    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of c.req.raw.body) {
      size += chunk.byteLength;
      if (size <= limit) chunks.push(chunk);
      else if (size > MOST_DISCARDED) return tooLarge(c, { Connection: 'close' });
    }
    if (size > limit) return tooLarge(c);
    c.req.raw = new Request(c.req.raw, { body: Buffer.concat(chunks) });
    return next();
  };
};
