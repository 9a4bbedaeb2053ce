import { XMLParser } from 'fast-xml-parser';

/**
 * Returns a reader of the XML that marketplaces and requesters exchange: text as it was written, with every character
 * reference decoded (`&#223;`), values left as text, and names without their prefix. `many`: elements that may come more
 * than once. It throws at what the parser guards against, such as entities that expand without end.
 */
export function xmlReader({ many = [] }: { many?: readonly string[] } = {}): (xml: string) => unknown {
  const repeated = new Set(many);
  const parser = new XMLParser({
    ignoreAttributes: true,
    parseTagValue: false,
    trimValues: false,
    removeNSPrefix: true,
    // Without it numeric references stay as they are written.
    htmlEntities: true,
    isArray: (name) => repeated.has(name),
  });
  return (xml) => parser.parse(xml);
}
