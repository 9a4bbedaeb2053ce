import type { Child, JSX } from 'hono/jsx';

type FieldProps = {
  readonly name: string;
  readonly label: Child;
  /** What the field is for, in a sentence. */
  readonly hint?: Child;
  /** What is wrong with what stands in it. */
  readonly error?: string | undefined;
  readonly value?: string | undefined;
};

/** A field with its name, what it is for, and what is wrong with it; scripts write the error too, so it has its place. */
export const Field = ({
  name,
  label,
  hint,
  error,
  ...input
}: FieldProps & Omit<JSX.IntrinsicElements['input'], keyof FieldProps>) => (
  <Labelled name={name} label={label} hint={hint} error={error}>
    <input id={name} name={name} {...described({ name, hint, error })} {...input} />
  </Labelled>
);

export const TextArea = ({ name, label, hint, error, value, rows = 3 }: FieldProps & { rows?: number }) => (
  <Labelled name={name} label={label} hint={hint} error={error}>
    <textarea id={name} name={name} rows={rows} {...described({ name, hint, error })}>
      {value}
    </textarea>
  </Labelled>
);

export const Select = ({
  name,
  label,
  hint,
  error,
  value,
  options,
}: FieldProps & { options: readonly (readonly [value: string, shown: string])[] }) => (
  <Labelled name={name} label={label} hint={hint} error={error}>
    <select id={name} name={name} {...described({ name, hint, error })}>
      {options.map(([option, shown]) => (
        <option value={option} selected={option === value}>
          {shown}
        </option>
      ))}
    </select>
  </Labelled>
);

const Labelled = ({
  name,
  label,
  hint,
  error,
  children,
}: Pick<FieldProps, 'name' | 'label' | 'hint' | 'error'> & { children: Child }) => (
  <div class="field">
    <label for={name}>{label}</label>
    {hint !== undefined && (
      <span class="hint" id={`${name}-hint`}>
        {hint}
      </span>
    )}
    {children}
    <p class="error" id={`${name}-error`} aria-live="polite" hidden={error === undefined}>
      {error}
    </p>
  </div>
);

const described = ({ name, hint, error }: Pick<FieldProps, 'name' | 'hint' | 'error'>) => ({
  'aria-describedby': `${hint === undefined ? '' : `${name}-hint `}${name}-error`,
  'aria-invalid': error === undefined ? undefined : ('true' as const),
});
