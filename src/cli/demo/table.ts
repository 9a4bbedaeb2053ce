import type { WorkerEvent } from '../../marketplace/simulated/workers/worker.ts';

/** A worker a line: when they were told and when they responded after the invoke, and what they were paid. */
export function workersTable({
  events,
  called,
  invokedAt,
  paid,
}: {
  events: readonly WorkerEvent[];
  called: ReadonlySet<string>;
  invokedAt: number;
  paid: ReadonlyMap<string, number>;
}): string {
  const assignments = [...new Set(events.map(({ assignmentId }) => assignmentId))];
  const after = (assignmentId: string, type: WorkerEvent['type']): string => {
    const event = events.find((one) => one.assignmentId === assignmentId && one.type === type);
    return event === undefined ? '' : String(event.at - invokedAt);
  };
  const rows = assignments.map((assignmentId) => {
    const worker = events.find((one) => one.assignmentId === assignmentId)?.workerId ?? '';
    const cents = paid.get(assignmentId) ?? 0;
    const told = called.has(assignmentId);
    const end = events.filter((one) => one.assignmentId === assignmentId).at(-1)?.type ?? '';
    return [
      worker,
      told ? after(assignmentId, 'told') : '',
      told ? after(assignmentId, 'responded') : '',
      told
        ? end === 'ignored'
          ? 'missed the call'
          : `worked, ${end}`
        : end === 'submitted'
          ? 'waited, submitted'
          : end,
      (cents / 100).toFixed(2),
    ];
  });
  const total = assignments.reduce((sum, assignmentId) => sum + (paid.get(assignmentId) ?? 0), 0);
  return aligned([
    ['worker', 'told after (ms)', 'responded after (ms)', 'end', 'paid ($)'],
    ...rows,
    ['', '', '', 'total', (total / 100).toFixed(2)],
  ]);
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
