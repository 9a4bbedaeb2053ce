import { XMLValidator } from 'fast-xml-parser';
import { z } from 'zod';
import { xmlReader } from '../xml.ts';

const NAMESPACE = 'http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2006-07-14/ExternalQuestion.xsd';
const MOST_BYTES = 65_535;

/** The namespace is the default one, or has the root's prefix. */
const IN_ITS_NAMESPACE = new RegExp(
  `<ExternalQuestion\\s(?:[^>]*\\s)?xmlns\\s*=\\s*["']${NAMESPACE}["']` +
    `|<([\\w.-]+):ExternalQuestion\\s(?:[^>]*\\s)?xmlns:\\1\\s*=\\s*["']${NAMESPACE}["']`,
);

const read = xmlReader();

const ExternalQuestion = z.object({
  ExternalQuestion: z.object({
    ExternalURL: z.string().trim(),
    FrameHeight: z
      .string()
      .trim()
      .regex(/^\d{1,9}$/),
  }),
});

export type Question = { readonly url: string; readonly frameHeight: number };

/** Reads an ExternalQuestion, the only kind of question a landing page can be; else says what is wrong with it. */
export function readQuestion(xml: string, { allowHttp }: { allowHttp: boolean }): Question | string {
  if (Buffer.byteLength(xml) > MOST_BYTES) return `Question is larger than ${MOST_BYTES} bytes`;
  const wellFormed = XMLValidator.validate(xml);
  if (wellFormed !== true) return `There was an error parsing the XML question: ${wellFormed.err.msg}`;
  const parsed = ExternalQuestion.safeParse(parse(xml));
  if (!parsed.success || !IN_ITS_NAMESPACE.test(xml))
    return 'Question must be an ExternalQuestion with ExternalURL and FrameHeight';
  const { ExternalURL: url, FrameHeight } = parsed.data.ExternalQuestion;
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (protocol !== 'https:' && !(allowHttp && protocol === 'http:')) return `ExternalURL must be https, got ${url}`;
  return { url, frameHeight: Number(FrameHeight) };
}

/** The parser throws at what it guards against. */
function parse(xml: string): unknown {
  try {
    return read(xml);
  } catch {
    return null;
  }
}
