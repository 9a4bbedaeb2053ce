import { z } from 'zod';
import type { Connection } from './connection.ts';

const ServerFeatures = z.object({ serverVersion: z.string() });

/** As the server says it. The vendor's client asks for it, and tells it only to itself; null if it has not got it. */
export async function serverVersion(connection: Connection): Promise<string | null> {
  const known: unknown = await Reflect.get(connection.client(), 'capabilities');
  return ServerFeatures.safeParse(known).data?.serverVersion ?? null;
}
