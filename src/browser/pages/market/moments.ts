/** How far the marketplace's time is ahead of this machine's. */
const AHEAD_MS = Number(document.body.dataset['now'] ?? Date.now()) - Date.now();

/** Shows every moment of the page as a person says it: "12 s ago", or the time that is left as a clock counts down. */
export function showMoments(): void {
  const now = Date.now() + AHEAD_MS;
  for (const moment of document.querySelectorAll('time')) {
    const at = Date.parse(moment.dateTime);
    const text = moment.dataset['shown'] === 'left' ? left(at - now) : ago(now - at);
    if (moment.textContent !== text) moment.textContent = text;
    moment.title = new Date(at).toLocaleString();
  }
}

function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 5) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h ago`;
  return `${Math.round(seconds / 86_400)} days ago`;
}

function left(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  if (seconds >= 172_800) return `${Math.round(seconds / 86_400)} days`;
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  const two = (n: number): string => String(n).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
