import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { z } from 'zod';

const NAMESPACE = 'http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2006-07-14/ExternalQuestion.xsd';
const MOST_BYTES = 65_535;

const ExternalQuestion = z.object({
  ExternalQuestion: z.object({
    '@_xmlns': z.literal(NAMESPACE),
    ExternalURL: z.string(),
    FrameHeight: z.string().regex(/^\d{1,9}$/),
  }),
});

export type Question = { readonly url: string; readonly frameHeight: number };

/** Reads an ExternalQuestion, the only kind of question a landing page can be; else says what is wrong with it. */
export function readQuestion(xml: string, { allowHttp }: { allowHttp: boolean }): Question | string {
  if (Buffer.byteLength(xml) > MOST_BYTES) return `Question is larger than ${MOST_BYTES} bytes`;
  const wellFormed = XMLValidator.validate(xml);
  if (wellFormed !== true) return `There was an error parsing the XML question: ${wellFormed.err.msg}`;
  const parsed = ExternalQuestion.safeParse(parse(xml));
  if (!parsed.success) return 'Question must be an ExternalQuestion with ExternalURL and FrameHeight';
  const { ExternalURL: url, FrameHeight } = parsed.data.ExternalQuestion;
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (protocol !== 'https:' && !(allowHttp && protocol === 'http:')) return `ExternalURL must be https, got ${url}`;
  return { url, frameHeight: Number(FrameHeight) };
}

/** The parser throws at what it guards against, such as entities that expand without end. */
function parse(xml: string): unknown {
  try {
    return new XMLParser({ ignoreAttributes: false, parseTagValue: false, processEntities: true }).parse(xml);
  } catch {
    return null;
  }
}
