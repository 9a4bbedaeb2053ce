/**
 * What a tab knows of an assignment, over a reload; given something, keeps that. A frame of another origin may be
 * denied it: then nothing is known, and a reload asks for the click again.
 */
export function memory<Kept extends object>(assignmentId: string, kept?: Kept): Partial<Kept> {
  try {
    const key = `retainer:${assignmentId}`;
    if (kept) sessionStorage[key] = JSON.stringify(kept);
    return JSON.parse(sessionStorage[key]) as Partial<Kept>;
  } catch {
    return {};
  }
}
