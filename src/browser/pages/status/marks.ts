/** A vertical line at a place of the horizontal axis: a figure `of` something. */
export type Mark = { readonly at: number; readonly figure: string; readonly of: string; readonly color: string };

/** What is written beside lines. */
export type Label = { readonly x: number; readonly text: string; readonly color: string };

/** Lines of one kind that are nearer to each other than this have one label. */
const CLOSE_PX = 12;

/** Labels for lines whose places are pixels by `xOf`: figures that are (nearly) the same are said together. */
export function labelsOf(marks: readonly Mark[], xOf: (at: number) => number): readonly Label[] {
  const labels: { x: number; figures: string[]; of: string; color: string }[] = [];
  for (const { at, figure, of, color } of marks) {
    const x = xOf(at);
    const near = labels.find((label) => label.of === of && Math.abs(label.x - x) < CLOSE_PX);
    if (near === undefined) labels.push({ x, figures: [figure], of, color });
    else near.figures.push(figure);
  }
  return labels.map(({ x, figures, of, color }) => ({ x, text: `${figures.join(', ')} ${of}`, color }));
}
