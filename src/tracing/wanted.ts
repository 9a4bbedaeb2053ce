type Variables = Readonly<Record<string, string | undefined>>;

/** Each of them alone asks for traces, as the OpenTelemetry specification names them. */
const ASKING = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_TRACES_EXPORTER'] as const;

/** Whether the standard variables ask for traces. An empty value is no value, and case does not matter in `true`. */
export function tracingWanted(variables: Variables): boolean {
  const given = (name: string): string => variables[name]?.trim().toLowerCase() ?? '';
  if (given('OTEL_SDK_DISABLED') === 'true' || given('OTEL_TRACES_EXPORTER') === 'none') return false;
  return ASKING.some((name) => given(name) !== '');
}
