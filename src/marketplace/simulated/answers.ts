import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { v7 as uuidv7 } from 'uuid';
import type { Fault } from './protocol.ts';

export type ApiEnv = { Bindings: HttpBindings };

export const CONTENT_TYPE = 'application/x-amz-json-1.1';

/** An answer of the API. */
export const answer = (c: Context<ApiEnv>, body: string, status: 200 | 400 | 403 | 500 = 200): Response =>
  c.body(body, status, { 'Content-Type': CONTENT_TYPE, 'x-amzn-RequestId': uuidv7() });

/** An error of AWS's own, before the service is asked. */
export const awsFault = (type: string, message: string): Fault => ({ status: 400, type, code: null, message });

export const refuse = (c: Context<ApiEnv>, { status, type, code, message }: Fault): Response =>
  answer(
    c,
    JSON.stringify({
      __type: type,
      Message: message,
      ...(code === null ? {} : { TurkErrorCode: `AWS.MechanicalTurk.${code}` }),
    }),
    status,
  );
