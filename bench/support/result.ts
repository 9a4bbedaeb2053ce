/** One row of the table: our side beside one reference, measured in turn in the same run. */
export type BenchResult = {
  readonly name: string;
  readonly against: string;
  readonly ours: number;
  readonly reference: number;
  readonly unit: string;
  /** ours / reference. */
  readonly ratio: number;
  /** What the ratio should be, in words. */
  readonly goal: string;
  readonly met: boolean;
  readonly rounds: number;
};

export type Benchmark = (bench: BenchEnvironment) => Promise<readonly BenchResult[]>;

export type BenchEnvironment = {
  /** A fresh, migrated database. */
  readonly freshDatabase: () => Promise<string>;
  /** A fresh database with nothing in it. */
  readonly emptyDatabase: () => Promise<string>;
  /** A copy of a database that nobody is connected to. */
  readonly copyOf: (url: string) => Promise<string>;
  /** Gives a database's room back before the run ends. */
  readonly drop: (url: string) => Promise<void>;
  readonly rounds: number;
  readonly say: (line: string) => void;
};

/** Of an even number of values it lies between the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [low, high] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

/** Compares the medians of two sides that were measured in turn. */
export function compare(
  {
    name,
    against,
    unit,
    goal,
    isMet,
  }: { name: string; against: string; unit: string; goal: string; isMet: (ratio: number) => boolean },
  ours: readonly number[],
  reference: readonly number[],
): BenchResult {
  const [our, their] = [median(ours), median(reference)];
  const ratio = our / their;
  return { name, against, ours: our, reference: their, unit, ratio, goal, met: isMet(ratio), rounds: ours.length };
}
