import type { ProtoHitId } from '../../../../domain/ids.ts';
import type { RecruitingRule } from '../../../../domain/recruiting.ts';
import { Field, Select, TextArea } from '../../form.tsx';
import { Csrf } from '../../layout.tsx';
import type { AdminVisit } from '../guard.ts';
import { AdminPage } from '../layout.tsx';
import { Aside } from './aside.tsx';
import { EXPLAINED } from './fields.ts';
import type { Errors, Values } from './read.ts';

/** A ProtoHIT's form, for a new one or the one of `protoHitId`. It works without its script, which checks as one types. */
export const ProtoHitForm = ({
  visit,
  values,
  recruiting,
  errors = {},
  problem,
  protoHitId,
}: {
  visit: AdminVisit;
  values: Values;
  recruiting: RecruitingRule;
  errors?: Errors;
  problem?: string | undefined;
  protoHitId?: ProtoHitId | undefined;
}) => (
  <AdminPage
    title={protoHitId === undefined ? 'A new ProtoHIT' : 'Revise a ProtoHIT'}
    at="/admin/proto-hits"
    visit={visit}
    problem={problem}
    scripts={['protoHitForm.js']}
    styles={['protoHits.css']}
  >
    <div class="formAndMore">
      <form
        id="protoHit"
        method="post"
        action={`/admin/proto-hits${protoHitId === undefined ? '' : `/${protoHitId}`}`}
        novalidate
      >
        <Csrf visitor={visit.visitor} />
        {protoHitId === undefined ? (
          <Field
            name="hit_type_id"
            label="Name"
            hint="By which applications know it (hit_type_id): who puts the same name again, revises it. Left empty: its id."
            value={values['hit_type_id']}
            error={errors['hit_type_id']}
          />
        ) : (
          <>
            <input type="hidden" name="proto_hit_id" value={protoHitId} />
            <p>
              <code>{values['hit_type_id']}</code>{' '}
              <span class="quiet">HITs that are on the market keep the terms they were posted with.</span>
            </p>
          </>
        )}
        {EXPLAINED.map(({ legend, fields }) => (
          <fieldset>
            <legend>{legend}</legend>
            {fields.map(({ name, label, hint, kind = 'text' }) => {
              const shared = { name, label, hint, value: values[name], error: errors[name] };
              if (kind === 'area') return <TextArea {...shared} />;
              if (typeof kind !== 'string') return <Select {...shared} options={kind} />;
              return <Field {...shared} inputmode={kind === 'number' ? 'numeric' : undefined} />;
            })}
          </fieldset>
        ))}
        <div class="row">
          <button class="main" type="submit">
            {protoHitId === undefined ? 'Create' : 'Revise'}
          </button>
          <button type="submit" formaction="/admin/proto-hits/check">
            Check and preview
          </button>
          <a href="/admin/proto-hits">Leave it</a>
        </div>
      </form>
      <Aside values={values} recruiting={recruiting} />
    </div>
  </AdminPage>
);
