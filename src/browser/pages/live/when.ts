/** A time of day; with the date if it is not today's. */
export function clockTime(at: number, now: number): string {
  const time = new Date(at);
  const hour = time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  const isToday = time.toDateString() === new Date(now).toDateString();
  return isToday ? hour : `${time.toLocaleDateString([], { day: 'numeric', month: 'short' })}, ${hour}`;
}

/** To the second. */
export const secondOfDay = (at: number): string =>
  new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** A text whose moments, as the log tells them, are told as the rest of the page tells time; the date only of another day. */
export const inLocalTime = (text: string): string =>
  text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (iso) => {
    const at = new Date(iso);
    const isToday = at.toDateString() === new Date().toDateString();
    return isToday ? secondOfDay(at.getTime()) : at.toLocaleString();
  });

/** How long, in the largest unit that says it. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = seconds / 60;
  if (minutes < 90) return `${Math.floor(minutes)} min`;
  const hours = minutes / 60;
  return hours < 36 ? `${Math.floor(hours)} h` : `${Math.floor(hours / 24)} days`;
}

/** The same of what is counted by the second. */
export const age = (ms: number): string => (ms < 60_000 ? `${Math.max(0, Math.floor(ms / 1_000))} s` : duration(ms));

/** Until work is expected: `in 3 min`, `now`, `2 min late`. */
export function expectation(expectedAt: number, now: number): string {
  const leftMs = expectedAt - now;
  if (Math.abs(leftMs) < 1_000) return 'now';
  return leftMs > 0 ? `in ${age(leftMs)}` : `${age(-leftMs)} late`;
}
