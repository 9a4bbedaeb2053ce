import type { WaitingOptions } from '../api.ts';

/** What a wait of this length pays, in words; null if the requester did not say. */
export function payOf(pay: WaitingOptions['pay'], waitedMs: number): string | null {
  if (!pay) return null;
  const { perMinute = 0, most = Infinity, hit = 0, currency = 'USD' } = pay;
  const earned = hit + Math.min(most, (perMinute * waitedMs) / 60_000);
  return earned.toLocaleString([], { style: 'currency', currency });
}

/** Minutes and seconds: 4:05, 61:00. */
export function clockTime(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
