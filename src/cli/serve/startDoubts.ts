import type { Settings } from '../../config/settings.ts';
import { whyNoCredentials } from '../../marketplace/mturk/credentials.ts';

/** The oldest line of Node that still gets fixes. */
const OLDEST_NODE = 22;

/** What an operator should know at the start, although it starts. */
export async function startDoubts(
  { mturk }: Pick<Settings, 'mturk'>,
  { node = process.versions.node, credentials = whyNoCredentials } = {},
): Promise<readonly string[]> {
  const reason = mturk === 'aws' ? await credentials() : null;
  return [
    ...(Number.parseInt(node, 10) < OLDEST_NODE
      ? [`Node.js ${node} gets no fixes any more: run on ${OLDEST_NODE} or newer`]
      : []),
    ...(reason === null ? [] : [`MTURK=aws, but nothing can be posted or paid: ${reason}`]),
  ];
}
