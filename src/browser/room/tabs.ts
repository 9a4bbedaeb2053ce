import type { RoomState } from '../api.ts';
import { attempt } from '../platform/attempt.ts';

/**
 * The other tabs of this assignment: hears what they are at. Returns what tells them what this one is at, and the end.
 * Where tabs cannot speak to each other, this one is alone.
 */
export function openTabs(assignmentId: string, hear: (theirs: RoomState) => void) {
  const channel = attempt(() => new BroadcastChannel(`retainer:${assignmentId}`), null);
  if (channel) channel.onmessage = ({ data }: MessageEvent<RoomState>) => hear(data);
  return [
    (mine: RoomState): void => attempt(() => channel?.postMessage(mine), undefined),
    (): void => channel?.close(),
  ] as const;
}
