import type { RoomState } from './api.ts';

/** The other tabs of this assignment: hears what they are at. Answers with what tells them what this one is at, and the end. */
export function openTabs(assignmentId: string, hear: (theirs: RoomState) => void) {
  const channel = new BroadcastChannel(`retainer:${assignmentId}`);
  channel.onmessage = ({ data }: MessageEvent<RoomState>) => hear(data);
  return [(mine: RoomState): void => channel.postMessage(mine), (): void => channel.close()] as const;
}
